package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/keptn/go-utils/pkg/api/models"
	api "github.com/keptn/go-utils/pkg/api/utils"
)

const approvalTriggered, approvalFinished = "sh.keptn.event.approval.triggered", "sh.keptn.event.approval.finished"

func getApprovals(c *command) error {
	events, err := c.openApprovals()
	for _, event := range events {
		c.show(event)
	}
	return err
}

func (c *command) openApprovals() ([]*models.KeptnContextExtendedCE, error) {
	filter := api.EventFilter{Project: c.flag("project"), Stage: c.flag("stage"), Service: c.flag("service"), EventType: approvalTriggered}
	return c.set.ShipyardControlV1().GetOpenTriggeredEvents(filter)
}

// finishApproval answers the approval with --id with pass, or asks which one of the service, and (a)pprove or (d)ecline.
func finishApproval(c *command) error {
	if (c.flag("id") == "") == (c.flag("service") == "") {
		return errors.New("either an id or a service")
	}
	result := "pass"
	var chosen *models.KeptnContextExtendedCE
	if id := c.flag("id"); id != "" {
		events, failed := c.set.EventsV1().GetEvents(&api.EventFilter{Project: c.flag("project"), Stage: c.flag("stage"), EventType: approvalTriggered, EventID: id})
		if failed != nil || len(events) == 0 {
			return problem(failed)
		}
		chosen = events[0]
	} else {
		open, err := c.openApprovals()
		if err != nil || len(open) == 0 {
			return err
		}
		for index, approval := range open {
			c.show([]any{index + 1, imageOf(approval), c.scoreOf(approval)})
		}
		option, err := strconv.Atoi(c.answer(func(line string) bool {
			number, err := strconv.Atoi(line)
			return err == nil && number >= 1 && number <= len(open)
		}))
		if err != nil {
			return err
		}
		chosen = open[option-1]
		if c.answer(func(line string) bool { return line == "a" || line == "d" }) == "d" {
			result = "fail"
		}
	}
	scope := struct {
		Project string            `json:"project"`
		Stage   string            `json:"stage"`
		Service string            `json:"service"`
		Labels  map[string]string `json:"labels,omitempty"`
		Status  string            `json:"status"`
		Result  string            `json:"result"`
	}{}
	if err := chosen.DataAs(&scope); err != nil {
		return err
	}
	scope.Status, scope.Result = "succeeded", result
	_, err := c.send(approvalFinished, approvalFinished, models.KeptnContextExtendedCE{Shkeptncontext: chosen.Shkeptncontext, Triggeredid: chosen.ID, Data: scope})
	return err
}

// answer is the first typed line that is allowed; nothing is typed any more gives an empty one.
func (c *command) answer(allowed func(string) bool) string {
	for {
		line, err := c.answers.ReadString('\n')
		if text := strings.TrimSpace(line); allowed(text) || err != nil {
			return text
		}
	}
}

func imageOf(approval *models.KeptnContextExtendedCE) string {
	data := struct {
		ConfigurationChange struct{ Values map[string]any }
	}{}
	if err := approval.DataAs(&data); err != nil {
		return "n/a"
	}
	image, _ := data.ConfigurationChange.Values["image"].(string)
	if image == "" {
		return "n/a"
	}
	return image
}

// scoreOf is that of the newest evaluation of the approval's run.
func (c *command) scoreOf(approval *models.KeptnContextExtendedCE) string {
	filter := filterOf(c.flag("project"), approval.Shkeptncontext)
	filter.Stage, filter.Service, filter.EventType = c.flag("stage"), c.flag("service"), evaluationFinished
	events, failed := c.set.EventsV1().GetEvents(&filter)
	if failed != nil || len(events) == 0 {
		return "n/a"
	}
	data := struct{ Evaluation struct{ Score float64 } }{}
	text, _ := json.Marshal(events[0].Data)
	if err := json.Unmarshal(text, &data); err != nil {
		return "n/a"
	}
	return fmt.Sprintf("%f", data.Evaluation.Score)
}
