package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/keptn/go-utils/pkg/api/models"
	api "github.com/keptn/go-utils/pkg/api/utils"
)

// command is one command of Keptn 1.4.5's command line while it runs: its words and flags, and what it has shown so far.
type command struct {
	set      *api.APISet
	endpoint string
	token    string
	verb     string
	words    []string
	flags    map[string][]string
	answers  *bufio.Reader
	pace     float64
	Shown    []any
}

// outcome is what a user would see: the exit code (2 is Go's panic), the values that came from the server, the server's error.
type outcome struct {
	Exit  int    `json:"exit"`
	Shown []any  `json:"shown"`
	Error string `json:"error"`
}

// commands are found by their longest beginning.
var commands = map[string]func(*command) error{
	"auth": authenticate, "status": authenticate, "version": version,
	"create project": createProject, "update project": updateProject, "delete project": deleteProject,
	"get project": getProjects, "get projects": getProjects, "get stage": getStages, "get stages": getStages,
	"create service": createService, "delete service": deleteService, "get service": getServices, "get services": getServices,
	"add-resource":  addResource,
	"create secret": createSecret, "update secret": updateSecret, "delete secret": deleteSecret,
	"get secret": getSecrets, "get secrets": getSecrets,
	"trigger delivery": triggerDelivery, "trigger sequence": triggerSequence, "trigger evaluation": triggerEvaluation,
	"send event": sendEvent, "send event approval.finished": finishApproval,
	"get event": getEvent, "get event evaluation.finished": getEvaluation, "get event approval.triggered": getApprovals,
	"configure monitoring": configureMonitoring,
	"pause sequence":       controlSequence, "resume sequence": controlSequence, "abort sequence": controlSequence,
	"migrate-webhooks": readWebhooks,
}

var switches = map[string]bool{"all-stages": true, "watch": true, "insecure-skip-tls": true, "yes": true, "dry-run": true, "version-check": true}
var shorthands = map[string]string{"-o": "output", "-f": "file"}

// runCommand makes the calls of a command in its order and prints its outcome as one line of JSON.
func runCommand(endpoint, token string, args []string) {
	words, flags := parse(args)
	c := &command{endpoint: withPath(endpoint), token: token, words: words, flags: flags, answers: bufio.NewReader(os.Stdin), pace: 1, Shown: []any{}}
	if text := c.flag("pace"); text != "" {
		fmt.Sscan(text, &c.pace)
	}
	result := outcome{}
	func() {
		defer func() {
			if panicked := recover(); panicked != nil {
				result = outcome{Exit: 2, Error: fmt.Sprint(panicked)}
			}
		}()
		if err := c.run(); err != nil {
			result = outcome{Exit: 1, Error: err.Error()}
		}
	}()
	result.Shown = c.Shown
	json.NewEncoder(os.Stdout).Encode(result)
}

func (c *command) run() error {
	set, err := api.New(c.endpoint, api.WithAuthToken(c.token))
	if err != nil {
		return err
	}
	c.set = set
	for length := 3; length > 0; length-- {
		if len(c.words) < length {
			continue
		}
		if run, found := commands[strings.Join(c.words[:length], " ")]; found {
			if c.flags["version-check"] != nil && c.words[0] != "auth" {
				c.checkVersion()
			}
			c.verb, c.words = c.words[0], c.words[length:]
			return run(c)
		}
	}
	return errors.New("no such command: " + strings.Join(c.words, " "))
}

// withPath adds the API's path to an address that has none, as `keptn auth` does.
func withPath(endpoint string) string {
	if parsed, err := url.Parse(endpoint); err == nil && (parsed.Path == "" || parsed.Path == "/") {
		parsed.Path = "/api"
		return parsed.String()
	}
	return endpoint
}

func parse(args []string) (words []string, flags map[string][]string) {
	flags = map[string][]string{}
	for i := 0; i < len(args); i++ {
		name, value, inline := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if long, short := shorthands[args[i]]; short {
			name, inline = long, false
		} else if !strings.HasPrefix(args[i], "--") {
			words = append(words, args[i])
			continue
		}
		if !inline && !switches[name] && i+1 < len(args) {
			i++
			value = args[i]
		}
		flags[name] = append(flags[name], value)
	}
	return words, flags
}

func (c *command) flag(name string) string {
	if values := c.flags[name]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

func (c *command) show(value any) { c.Shown = append(c.Shown, value) }

// pause waits as long as the command line does, shortened by --pace.
func (c *command) pause(seconds float64) time.Duration {
	return time.Duration(seconds * c.pace * float64(time.Second))
}

// pairs reads `a=b,c=d`; a text without an equals sign is an error of the command line.
func pairs(values []string) (map[string]string, error) {
	if len(values) == 0 {
		return nil, nil
	}
	read := map[string]string{}
	for _, item := range strings.Split(strings.Join(values, ","), ",") {
		name, value, found := strings.Cut(item, "=")
		if !found {
			return nil, errors.New("not of the form name=value: " + item)
		}
		read[name] = value
	}
	return read, nil
}

func problem(err *models.Error) error {
	if err == nil {
		return nil
	}
	return errors.New(*err.Message)
}
