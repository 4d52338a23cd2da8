package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/keptn/go-utils/pkg/api/models"
	api "github.com/keptn/go-utils/pkg/api/utils"
)

const evaluationFinished = "sh.keptn.event.evaluation.finished"

func filterOf(project, keptnContext string) api.EventFilter {
	return api.EventFilter{Project: project, KeptnContext: keptnContext}
}

// getEvent never sends --page-size, and leaves off after a key of --num-of-pages, 100 unless given.
func getEvent(c *command) error {
	if len(c.words) == 0 || c.flag("project") == "" {
		return errors.New("an event type and a project")
	}
	filter := filterOf(c.flag("project"), c.flag("keptn-context"))
	filter.Stage, filter.Service, filter.EventType, filter.NumberOfPages = c.flag("stage"), c.flag("service"), c.words[0], 100
	if pages := c.flag("num-of-pages"); pages != "" {
		fmt.Sscan(pages, &filter.NumberOfPages)
	}
	if c.flags["watch"] != nil {
		c.watch(filter)
		return nil
	}
	return c.showEvents(filter)
}

// getEvaluation asks by the context alone.
func getEvaluation(c *command) error {
	filter := filterOf("", c.flag("keptn-context"))
	filter.EventType = evaluationFinished
	return c.showEvents(filter)
}

func (c *command) showEvents(filter api.EventFilter) error {
	events, failed := c.set.EventsV1().GetEvents(&filter)
	for _, event := range events {
		c.show(event)
	}
	return problem(failed)
}

// watch asks every five seconds for what is newer than what it has, and shows it oldest first.
func (c *command) watch(filter api.EventFilter) {
	var seconds float64
	fmt.Sscan(c.flag("watch-time"), &seconds)
	watcher := api.NewEventWatcher(c.set.EventsV1(), api.WithEventFilter(filter), api.WithStartTime(time.Time{}),
		api.WithInterval(time.NewTicker(c.pause(5))), api.WithTimeout(c.pause(seconds)))
	batches, _ := watcher.Watch(context.Background())
	for batch := range batches {
		for _, event := range batch {
			c.show(event)
		}
	}
}

func controlSequence(c *command) error {
	return c.set.SequencesV1().ControlSequence(api.SequenceControlParams{
		Project: c.flag("project"), KeptnContext: c.flag("keptn-context"), Stage: c.flag("stage"), State: c.verb})
}

// configureMonitoring asks ten times, three seconds apart, for the answer; without one it ends well all the same.
func configureMonitoring(c *command) error {
	provider := c.words[0]
	if provider == "prometheus" && c.flag("service") == "" {
		return errors.New("a service")
	}
	data := map[string]any{"type": provider, "project": c.flag("project"), "service": c.flag("service")}
	sent, err := c.send("sh.keptn.event.monitoring.configure", "configuremonitoring", models.KeptnContextExtendedCE{Data: data})
	if err != nil || sent == nil {
		return err
	}
	filter := filterOf("", *sent.KeptnContext)
	filter.EventType = "sh.keptn.event.configure-monitoring.finished"
	events, err := c.set.EventsV1().GetEventsWithRetry(&filter, 10, c.pause(3))
	if err != nil {
		c.show("not answered")
		return nil
	}
	for _, event := range events {
		finished := struct{ Message string }{}
		if err := event.DataAs(&finished); err != nil {
			return err
		}
		c.show(finished.Message)
	}
	return nil
}
