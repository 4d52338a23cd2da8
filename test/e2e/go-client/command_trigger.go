package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"

	"github.com/keptn/go-utils/pkg/api/models"
	"github.com/keptn/go-utils/pkg/common/timeutils"
)

const commandLine = "https://github.com/keptn/keptn/cli#"

// triggerDelivery takes the first stage of the project unless one is named, and looks for the service there before it sends.
func triggerDelivery(c *command) error {
	project, service, stage, sequence := c.flag("project"), c.flag("service"), c.flag("stage"), c.flag("sequence")
	if sequence == "" {
		sequence = "delivery"
	}
	found, failed := c.set.ProjectsV1().GetProject(models.Project{ProjectName: project})
	if failed != nil {
		return problem(failed)
	}
	if stage == "" {
		if len(found.Stages) == 0 {
			return errors.New("no stage")
		}
		stage = found.Stages[0].StageName
	}
	if err := c.requireService(project, stage, service); err != nil {
		return err
	}
	values, err := nested(c.flags["values"])
	if err != nil {
		return err
	}
	if values["image"] == nil {
		values["image"] = c.flag("image")
	}
	data, err := c.scope(project, stage, service)
	if err != nil {
		return err
	}
	data["configurationChange"] = map[string]any{"values": values}
	data["deployment"] = map[string]any{"deploymentURIsLocal": nil, "deploymentstrategy": ""}
	context, err := c.send("sh.keptn.event."+stage+"."+sequence+".triggered", "configuration-change", models.KeptnContextExtendedCE{Data: data})
	if err != nil {
		return err
	}
	c.show(*context.KeptnContext)
	if c.flags["watch"] != nil {
		c.watch(filterOf(project, *context.KeptnContext))
	}
	return nil
}

// triggerSequence does not show the context.
func triggerSequence(c *command) error {
	project, service, stage := c.flag("project"), c.flag("service"), c.flag("stage")
	if err := c.requireService(project, stage, service); err != nil {
		return err
	}
	data, err := nested(c.flags["data"])
	if err != nil {
		return err
	}
	scope, err := c.scope(project, stage, service)
	if err != nil {
		return err
	}
	// Without labels this command sends null, other than the delivery.
	data["labels"] = scope["labels"]
	for name, value := range scope {
		data[name] = value
	}
	_, err = c.send("sh.keptn.event."+stage+"."+c.words[0]+".triggered", "configuration-change", models.KeptnContextExtendedCE{Data: data})
	return err
}

// triggerEvaluation reckons the time frame itself and sends its two ends.
func triggerEvaluation(c *command) error {
	start, end, err := timeutils.GetStartEndTime(timeutils.GetStartEndTimeParams{StartDate: c.flag("start"), EndDate: c.flag("end"), Timeframe: c.flag("timeframe")})
	if err != nil {
		return err
	}
	labels, err := pairs(c.flags["labels"])
	if err != nil {
		return err
	}
	evaluation := models.Evaluation{Start: timeutils.GetKeptnTimeStamp(*start), End: timeutils.GetKeptnTimeStamp(*end), Labels: labels, GitCommitID: c.flag("git-commit-id")}
	context, failed := c.set.APIV1().TriggerEvaluation(c.flag("project"), c.flag("stage"), c.flag("service"), evaluation)
	if failed != nil || context == nil {
		return problem(failed)
	}
	c.show(*context.KeptnContext)
	if c.flags["watch"] != nil {
		c.watch(filterOf(c.flag("project"), *context.KeptnContext))
	}
	return nil
}

func sendEvent(c *command) error {
	content, err := os.ReadFile(c.flag("file"))
	if err != nil {
		return err
	}
	event := models.KeptnContextExtendedCE{}
	if err := json.Unmarshal(content, &event); err != nil {
		return err
	}
	context, failed := c.set.APIV1().SendEvent(event)
	if failed != nil {
		return problem(failed)
	}
	c.show(*context.KeptnContext)
	return nil
}

// requireService refuses on the client, before an event is sent.
func (c *command) requireService(project, stage, service string) error {
	services, err := c.set.ServicesV1().GetAllServices(project, stage)
	if err != nil {
		return err
	}
	for _, one := range services {
		if one.ServiceName == service {
			return nil
		}
	}
	return errors.New("no such service: " + service)
}

func (c *command) scope(project, stage, service string) (map[string]any, error) {
	scope := map[string]any{"project": project, "stage": stage, "service": service}
	labels, err := pairs(c.flags["labels"])
	if labels != nil {
		scope["labels"] = labels
	}
	return scope, err
}

func (c *command) send(eventType, source string, event models.KeptnContextExtendedCE) (*models.EventContext, error) {
	address := commandLine + source
	event.Type, event.Source, event.Specversion, event.ID = &eventType, &address, "1.0", "00000000-0000-4000-8000-000000000000"
	context, failed := c.set.APIV1().SendEvent(event)
	return context, problem(failed)
}

// nested makes objects of `a.b.c=v`; every value is a text.
func nested(values []string) (map[string]any, error) {
	root := map[string]any{}
	flat, err := pairs(values)
	for path, value := range flat {
		keys := strings.Split(path, ".")
		at := root
		for _, key := range keys[:len(keys)-1] {
			if _, there := at[key].(map[string]any); !there {
				at[key] = map[string]any{}
			}
			at = at[key].(map[string]any)
		}
		at[keys[len(keys)-1]] = value
	}
	return root, err
}
