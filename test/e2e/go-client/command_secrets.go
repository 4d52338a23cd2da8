package main

import (
	"errors"
	"strings"

	"github.com/keptn/go-utils/pkg/api/models"
)

func (c *command) secret() (models.Secret, error) {
	scope := c.flag("scope")
	if scope == "" {
		scope = "keptn-default"
	}
	secret := models.Secret{SecretMetadata: models.SecretMetadata{Name: &c.words[0], Scope: &scope}, Data: map[string]string{}}
	for _, literal := range c.flags["from-literal"] {
		name, value, found := strings.Cut(literal, "=")
		if !found {
			return secret, errors.New("not of the form name=value")
		}
		secret.Data[name] = value
	}
	return secret, nil
}

func createSecret(c *command) error {
	secret, err := c.secret()
	if err != nil {
		return err
	}
	return c.set.SecretsV1().CreateSecret(secret)
}

func updateSecret(c *command) error {
	secret, err := c.secret()
	if err != nil {
		return err
	}
	return c.set.SecretsV1().UpdateSecret(secret)
}

func deleteSecret(c *command) error {
	secret, err := c.secret()
	if err != nil {
		return err
	}
	return c.set.SecretsV1().DeleteSecret(*secret.Name, *secret.Scope)
}

func getSecrets(c *command) error {
	secrets, err := c.set.SecretsV1().GetSecrets()
	if err != nil {
		return err
	}
	for _, secret := range secrets.Secrets {
		c.show(*secret.Name)
	}
	return nil
}

// readWebhooks reads webhook.yaml on all levels; the address begins with an escaped slash, which the library escapes again.
func readWebhooks(c *command) error {
	const uri = "%2Fwebhook%2Fwebhook.yaml"
	project, failed := c.set.ProjectsV1().GetProject(models.Project{ProjectName: c.flag("project")})
	if failed != nil {
		return problem(failed)
	}
	note := func(resource *models.Resource, err error) error {
		if err == nil {
			c.show(resource.ResourceContent)
		} else if err.Error() != "Resource not found" {
			return err
		}
		return nil
	}
	if err := note(c.set.ResourcesV1().GetProjectResource(project.ProjectName, uri)); err != nil {
		return err
	}
	for _, stage := range project.Stages {
		if err := note(c.set.ResourcesV1().GetStageResource(project.ProjectName, stage.StageName, uri)); err != nil {
			return err
		}
	}
	for _, stage := range project.Stages {
		for _, service := range stage.Services {
			if err := note(c.set.ResourcesV1().GetServiceResource(project.ProjectName, stage.StageName, service.ServiceName, uri)); err != nil {
				return err
			}
		}
	}
	return nil
}
