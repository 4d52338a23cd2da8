package main

import (
	"errors"
	"os"
	"strings"

	"github.com/keptn/go-utils/pkg/api/models"
)

func getStages(c *command) error {
	stages, err := c.set.StagesV1().GetAllStages(c.flag("project"))
	if err != nil {
		return err
	}
	for _, stage := range stages {
		if len(c.words) == 0 || c.words[0] == stage.StageName {
			c.show(stage.StageName)
		}
	}
	return nil
}

func createService(c *command) error {
	if strings.Contains(c.words[0], "/") {
		return errors.New("not the name of a directory")
	}
	_, failed := c.set.APIV1().CreateService(c.flag("project"), models.CreateService{ServiceName: &c.words[0]})
	return problem(failed)
}

func deleteService(c *command) error {
	answer, failed := c.set.APIV1().DeleteService(c.flag("project"), c.words[0])
	if failed == nil {
		c.show(answer.Message)
	}
	return problem(failed)
}

// getServices asks stage by stage, and ends at the first stage that has no such service.
func getServices(c *command) error {
	projects, err := c.set.ProjectsV1().GetAllProjects()
	if err != nil {
		return err
	}
	for _, project := range projects {
		if wanted := c.flag("project"); wanted != "" && wanted != project.ProjectName {
			continue
		}
		for _, stage := range project.Stages {
			services, err := c.set.ServicesV1().GetAllServices(project.ProjectName, stage.StageName)
			if err != nil {
				return err
			}
			if c.showServices(services, project.ProjectName, stage.StageName) == 0 {
				return nil
			}
		}
	}
	return nil
}

func (c *command) showServices(services []*models.Service, project, stage string) (shown int) {
	for _, service := range services {
		if len(c.words) == 1 && c.words[0] != service.ServiceName {
			continue
		}
		shown++
		if c.flag("output") != "" {
			c.show(service)
		} else {
			c.show([]string{service.ServiceName, project, stage, created(service.CreationDate)})
		}
	}
	return shown
}

// addResource uploads to the project, to one stage or to each of them in the order of the stage list.
func addResource(c *command) error {
	project, stage, service, file := c.flag("project"), c.flag("stage"), c.flag("service"), c.flag("resource")
	all := c.flags["all-stages"] != nil
	if all && stage != "" || service != "" && !all && stage == "" {
		return errors.New("stage or all stages")
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	uri := c.flag("resourceUri")
	if uri == "" {
		uri = file
	}
	stages := []string{stage}
	if all {
		found, err := c.set.StagesV1().GetAllStages(project)
		if err != nil {
			return err
		}
		stages = nil
		for _, one := range found {
			stages = append(stages, one.StageName)
		}
	}
	for _, one := range stages {
		// The library encodes the content in place, so each upload needs its own.
		resources := []*models.Resource{{ResourceURI: &uri, ResourceContent: string(content)}}
		if _, failed := c.set.ResourcesV1().CreateResources(project, one, service, resources); failed != nil {
			return problem(failed)
		}
		c.show(one)
	}
	return nil
}
