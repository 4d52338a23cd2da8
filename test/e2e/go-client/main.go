// The client library of Keptn's own command line, turned on an API. `library ENDPOINT TOKEN` makes every call once and prints
// what it decoded from each answer as one JSON object; `keptn ENDPOINT TOKEN [--pace=F] COMMAND…` makes the calls of one command.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"

	"github.com/keptn/go-utils/pkg/api/models"
	api "github.com/keptn/go-utils/pkg/api/utils/v2"
)

const shipyard = `apiVersion: spec.keptn.sh/0.2.3
spec:
  stages:
    - name: qa
      sequences: [{name: delivery, tasks: [{name: greeting}]}]
    - name: prod
      sequences: [{name: delivery, triggeredOn: [{event: qa.delivery.finished}], tasks: [{name: greeting}]}]
`

// answers holds, for each call, its decoded value and the message of its error.
var answers = map[string]any{}

func note(call string, value any, problem any) {
	switch failed := problem.(type) {
	case *models.Error:
		if failed != nil {
			answers[call] = map[string]any{"error": failed.GetMessage()}
			return
		}
	case error:
		answers[call] = map[string]any{"error": failed.Error()}
		return
	}
	answers[call] = value
}

func text(value string) *string { return &value }

func main() {
	endpoint, token := os.Args[2], os.Args[3]
	if os.Args[1] == "keptn" {
		runCommand(endpoint, token, os.Args[4:])
		return
	}
	set := connect(endpoint, token)
	ctx := context.Background()

	auth, authError := set.Auth().Authenticate(ctx, api.AuthAuthenticateOptions{})
	note("authenticate", auth, authError)
	wrong, wrongError := connect(endpoint, "wrong").Auth().Authenticate(ctx, api.AuthAuthenticateOptions{})
	note("authenticateWrong", wrong, wrongError)
	metadata, metadataError := set.API().GetMetadata(ctx, api.APIGetMetadataOptions{})
	note("metadata", metadata, metadataError)

	projects(ctx, set)
	resources(ctx, set)
	secrets(ctx, set)
	integrations(ctx, set)
	events(ctx, set)

	json.NewEncoder(os.Stdout).Encode(answers)
}

func connect(endpoint, token string) *api.APISet {
	set, err := api.New(endpoint, api.WithAuthToken(token))
	if err != nil {
		panic(err)
	}
	return set
}

func projects(ctx context.Context, set *api.APISet) {
	create := models.CreateProject{Name: text("tour"), Shipyard: text(base64.StdEncoding.EncodeToString([]byte(shipyard)))}
	for _, call := range []string{"createProject", "createProjectAgain"} {
		answer, err := set.API().CreateProject(ctx, create, api.APICreateProjectOptions{})
		note(call, answer, err)
	}
	updated, err := set.API().UpdateProject(ctx, models.CreateProject{Name: text("tour")}, api.APIUpdateProjectOptions{})
	note("updateProject", updated, err)
	for _, call := range []string{"createService", "createServiceAgain"} {
		answer, err := set.API().CreateService(ctx, "tour", models.CreateService{ServiceName: text("svc")}, api.APICreateServiceOptions{})
		note(call, answer, err)
	}
	project, err := set.Projects().GetProject(ctx, models.Project{ProjectName: "tour"}, api.ProjectsGetProjectOptions{})
	note("project", project, err)
	all, listError := set.Projects().GetAllProjects(ctx, api.ProjectsGetAllProjectsOptions{})
	note("projects", all, listError)
	stages, listError := set.Stages().GetAllStages(ctx, "tour", api.StagesGetAllStagesOptions{})
	note("stages", stages, listError)
	services, listError := set.Services().GetAllServices(ctx, "tour", "qa", api.ServicesGetAllServicesOptions{})
	note("services", services, listError)
	service, listError := set.Services().GetService(ctx, "tour", "qa", "svc", api.ServicesGetServiceOptions{})
	note("service", service, listError)
	_, listError = set.Services().GetAllServices(ctx, "tour", "nope", api.ServicesGetAllServicesOptions{})
	note("servicesOfUnknownStage", nil, listError)
}

func resources(ctx context.Context, set *api.APISet) {
	const uri = "a/b c+d.txt"
	files := []*models.Resource{{ResourceURI: text(uri), ResourceContent: "hello"}, {ResourceURI: text("./slo.yaml"), ResourceContent: "x: 1"}}
	created, apiError := set.Resources().CreateResources(ctx, "tour", "qa", "svc", files, api.ResourcesCreateResourcesOptions{})
	note("createResources", created, apiError)
	scope := *api.NewResourceScope().Project("tour").Stage("qa").Service("svc").Resource(uri)
	_, err := set.Resources().UpdateResource(ctx, &models.Resource{ResourceURI: text(uri), ResourceContent: "new"}, scope, api.ResourcesUpdateResourceOptions{})
	note("updateResource", nil, err)
	read, err := set.Resources().GetResource(ctx, scope, api.ResourcesGetResourceOptions{})
	note("resource", read, err)
	list, err := set.Resources().GetAllServiceResources(ctx, "tour", "qa", "svc", api.ResourcesGetAllServiceResourcesOptions{})
	note("resources", list, err)
	note("deleteResource", nil, set.Resources().DeleteResource(ctx, scope, api.ResourcesDeleteResourceOptions{}))
	_, err = set.Resources().GetResource(ctx, scope, api.ResourcesGetResourceOptions{})
	note("resourceGone", nil, err)
}

func secrets(ctx context.Context, set *api.APISet) {
	secret := models.Secret{SecretMetadata: models.SecretMetadata{Name: text("s"), Scope: text("keptn-default")}, Data: map[string]string{"k": "v"}}
	note("createSecret", nil, set.Secrets().CreateSecret(ctx, secret, api.SecretsCreateSecretOptions{}))
	note("createSecretAgain", nil, set.Secrets().CreateSecret(ctx, secret, api.SecretsCreateSecretOptions{}))
	note("updateSecret", nil, set.Secrets().UpdateSecret(ctx, secret, api.SecretsUpdateSecretOptions{}))
	list, err := set.Secrets().GetSecrets(ctx, api.SecretsGetSecretsOptions{})
	note("secrets", list, err)
	note("deleteSecret", nil, set.Secrets().DeleteSecret(ctx, "s", "keptn-default", api.SecretsDeleteSecretOptions{}))
}

func integrations(ctx context.Context, set *api.APISet) {
	metadata := models.MetaData{Hostname: "node", KubernetesMetaData: models.KubernetesMetaData{Namespace: "keptn", PodName: "pod", DeploymentName: "greeter"}}
	integration := models.Integration{Name: "greeter", MetaData: metadata, Subscriptions: []models.EventSubscription{{Event: "sh.keptn.event.greeting.triggered"}}}
	id, err := set.Uniform().RegisterIntegration(ctx, integration, api.UniformRegisterIntegrationOptions{})
	note("register", id, err)
	again, err := set.Uniform().RegisterIntegration(ctx, integration, api.UniformRegisterIntegrationOptions{})
	note("registerAgain", again == id, err)
	more := models.EventSubscription{Event: "sh.keptn.event.nap.triggered", Filter: models.EventSubscriptionFilter{Projects: []string{"tour"}}}
	_, err = set.Uniform().CreateSubscription(ctx, id, more, api.UniformCreateSubscriptionOptions{})
	note("subscribe", nil, err)
	pinged, err := set.Uniform().Ping(ctx, id, api.UniformPingOptions{})
	note("ping", pinged, err)
	_, err = set.Uniform().Ping(ctx, "nope", api.UniformPingOptions{})
	note("pingUnknown", nil, err)
	set.Logs().Log([]models.LogEntry{{IntegrationID: id, Message: "oops", Task: "greeting"}}, api.LogsLogOptions{})
	note("flushLogs", nil, set.Logs().Flush(ctx, api.LogsFlushOptions{}))
	logs, err := set.Logs().GetLogs(ctx, models.GetLogsParams{LogFilter: models.LogFilter{IntegrationID: id}, PageSize: 10}, api.LogsGetLogsOptions{})
	note("logs", logs, err)
	note("unregister", nil, set.Uniform().UnregisterIntegration(ctx, id, api.UniformUnregisterIntegrationOptions{}))
}

func events(ctx context.Context, set *api.APISet) {
	data := map[string]any{"project": "tour", "stage": "qa", "service": "svc"}
	trigger := models.KeptnContextExtendedCE{Type: text("sh.keptn.event.qa.delivery.triggered"), Source: text("go"), Specversion: "1.0", Data: data}
	sent, apiError := set.API().SendEvent(ctx, trigger, api.APISendEventOptions{})
	note("sendEvent", sent, apiError)
	_, apiError = set.API().SendEvent(ctx, models.KeptnContextExtendedCE{Type: text("foo"), Source: text("go"), Data: data}, api.APISendEventOptions{})
	note("sendUnknownType", nil, apiError)
	if sent != nil && sent.KeptnContext != nil {
		found, apiError := set.Events().GetEvents(ctx, &api.EventFilter{Project: "tour", KeptnContext: *sent.KeptnContext}, api.EventsGetEventsOptions{})
		note("events", found, apiError)
		control := api.SequenceControlParams{Project: "tour", KeptnContext: *sent.KeptnContext, State: "pause"}
		note("pause", nil, set.Sequences().ControlSequence(ctx, control, api.SequencesControlSequenceOptions{}))
	}
	open, err := set.ShipyardControl().GetOpenTriggeredEvents(ctx, api.EventFilter{Project: "tour", EventType: "sh.keptn.event.greeting.triggered"}, api.ShipyardControlGetOpenTriggeredEventsOptions{})
	note("openEvents", open, err)
	window := models.Evaluation{Start: "2022-01-01T10:00:00.000Z", End: "2022-01-01T10:05:00.000Z"}
	evaluation, apiError := set.API().TriggerEvaluation(ctx, "tour", "qa", "svc", window, api.APITriggerEvaluationOptions{})
	note("evaluation", evaluation, apiError)
	_, apiError = set.API().TriggerEvaluation(ctx, "tour", "qa", "nope", window, api.APITriggerEvaluationOptions{})
	note("evaluationOfUnknownService", nil, apiError)
	service, apiError := set.API().DeleteService(ctx, "tour", "svc", api.APIDeleteServiceOptions{})
	note("deleteService", service, apiError)
	project, apiError := set.API().DeleteProject(ctx, models.Project{ProjectName: "tour"}, api.APIDeleteProjectOptions{})
	note("deleteProject", project, apiError)
}
