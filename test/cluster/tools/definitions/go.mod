module slipway.test/definitions

go 1.26.0

// Kinds of the operators that the chart has objects for: their CustomResourceDefinitions lie in these modules.
require (
	github.com/kedacore/keda/v2 v2.21.0
	github.com/prometheus-operator/prometheus-operator v0.85.0
)
