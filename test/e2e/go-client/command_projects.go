package main

import (
	"encoding/base64"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/keptn/go-utils/pkg/api/models"
)

// authenticate tries three times, five seconds apart.
func authenticate(c *command) error {
	var err error
	for tries := 0; tries < 3; tries++ {
		if tries > 0 {
			time.Sleep(c.pause(5))
		}
		_, failed := c.set.AuthV1().Authenticate()
		if err = problem(failed); err == nil {
			return nil
		}
	}
	return err
}

func version(c *command) error {
	metadata, failed := c.set.APIV1().GetMetadata()
	if failed != nil {
		c.show(*failed.Message)
		return nil
	}
	c.show(metadata.Keptnversion)
	return nil
}

// checkVersion is made before every command but auth, unless it is switched off; a difference is shown as a warning.
func (c *command) checkVersion() {
	metadata, failed := c.set.APIV1().GetMetadata()
	if failed != nil {
		c.show("warning: " + *failed.Message)
	} else if metadata.Keptnversion != "1.4.5" {
		c.show("warning: version " + metadata.Keptnversion)
	}
}

func createProject(c *command) error {
	shipyard, err := os.ReadFile(c.flag("shipyard"))
	if err != nil {
		return err
	}
	metadata, failed := c.set.APIV1().GetMetadata()
	if failed != nil {
		return problem(failed)
	}
	name, content := c.words[0], base64.StdEncoding.EncodeToString(shipyard)
	project := models.CreateProject{Name: &name, Shipyard: &content}
	if !*metadata.Automaticprovisioning {
		if c.flag("git-remote-url") == "" {
			return errors.New("no git-remote-url")
		}
		if project.GitCredentials, err = c.gitCredentials(); err != nil {
			return err
		}
	}
	_, failed = c.set.APIV1().CreateProject(project)
	return problem(failed)
}

// updateProject sends credentials only when both the user and the address are given.
func updateProject(c *command) error {
	project := models.CreateProject{Name: &c.words[0]}
	var err error
	if c.flag("git-user") != "" && c.flag("git-remote-url") != "" {
		if project.GitCredentials, err = c.gitCredentials(); err != nil {
			return err
		}
	}
	_, failed := c.set.APIV1().UpdateProject(project)
	return problem(failed)
}

func (c *command) gitCredentials() (*models.GitAuthCredentials, error) {
	address, token, key := c.flag("git-remote-url"), c.flag("git-token"), c.flag("git-private-key")
	if (token == "") == (key == "") {
		return nil, errors.New("exactly one of git-token and git-private-key")
	}
	credentials := &models.GitAuthCredentials{User: c.flag("git-user"), RemoteURL: address}
	if strings.HasPrefix(address, "ssh://") {
		content, err := os.ReadFile(key)
		credentials.SshAuth = &models.SshGitAuth{PrivateKey: base64.StdEncoding.EncodeToString(content), PrivateKeyPass: c.flag("git-private-key-pass")}
		return credentials, err
	}
	if !strings.HasPrefix(address, "http") {
		return credentials, nil
	}
	credentials.HttpsAuth = &models.HttpsGitAuth{Token: token, InsecureSkipTLS: c.flags["insecure-skip-tls"] != nil}
	if proxy := c.flag("git-proxy-url"); proxy != "" {
		credentials.HttpsAuth.Proxy = &models.ProxyGitAuth{URL: proxy, Scheme: c.flag("git-proxy-scheme"), User: c.flag("git-proxy-user"), Password: c.flag("git-proxy-password")}
	}
	if file := c.flag("git-pem-certificate"); file != "" {
		content, err := os.ReadFile(file)
		credentials.HttpsAuth.Certificate = base64.StdEncoding.EncodeToString(content)
		return credentials, err
	}
	return credentials, nil
}

func deleteProject(c *command) error {
	answer, failed := c.set.APIV1().DeleteProject(models.Project{ProjectName: c.words[0]})
	if failed == nil {
		c.show(answer.Message)
	}
	return problem(failed)
}

func getProjects(c *command) error {
	projects, err := c.set.ProjectsV1().GetAllProjects()
	if err != nil {
		return err
	}
	for _, project := range projects {
		if len(c.words) == 1 && c.words[0] != project.ProjectName {
			continue
		}
		if c.flag("output") != "" {
			c.show(project)
		} else {
			c.show([]string{project.ProjectName, created(project.CreationDate), project.ShipyardVersion})
		}
	}
	return nil
}

// created is a creation date as it is shown; a server that does not send nanoseconds is told on.
func created(nanoseconds string) string {
	number, err := strconv.ParseInt(nanoseconds, 10, 64)
	if err != nil {
		return "n/a"
	}
	return time.Unix(0, number).UTC().Format(time.RFC3339)
}
