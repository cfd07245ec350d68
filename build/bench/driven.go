package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// target is the running target.
type target struct {
	command *exec.Cmd
	url     string
	client  *http.Client
}

func startTarget(program string) (*target, error) {
	command := exec.Command(program)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	t := &target{command: command, client: &http.Client{Timeout: 5 * time.Second}}
	_, err = fmt.Fscanln(out, &t.url)
	return t, err
}

func (t *target) stop() {
	_ = t.command.Process.Kill()
	_ = t.command.Wait()
}

// reset sets the mode and forgets the counts.
func (t *target) reset(mode string) error {
	response, err := t.client.Post(t.url+"/reset/"+mode, "", nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// asked fails unless the target was asked exactly n times, and never more than most at once.
func (t *target) asked(n, most int) error {
	response, err := t.client.Get(t.url + "/count")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var count struct{ Requests, Most int }
	if err := json.NewDecoder(response.Body).Decode(&count); err != nil {
		return err
	}
	if count.Requests != n || count.Most > most {
		return fmt.Errorf("the target was asked %d times, %d at once; it should be %d, at most %d", count.Requests, count.Most, n, most)
	}
	return nil
}

// driven is a program that works for each line it is given and answers each with a line of JSON.
type driven struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// answer is one such line.
type answer struct {
	Ready  string
	WallNS int64 `json:"wall_ns"`
	Good   int
}

func drive(program string, arguments ...string) (*driven, error) {
	d := &driven{command: exec.Command(program, arguments...)}
	d.command.Stderr = os.Stderr
	var err error
	if d.in, err = d.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := d.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.out = bufio.NewScanner(out)
	if err := d.command.Start(); err != nil {
		return nil, err
	}
	if _, err := d.listen(); err != nil {
		d.kill()
		return nil, err
	}
	return d, nil
}

func (d *driven) pid() int { return d.command.Process.Pid }

// say gives it a line and returns its answer.
func (d *driven) say(line string) (answer, error) {
	if _, err := fmt.Fprintln(d.in, line); err != nil {
		return answer{}, err
	}
	return d.listen()
}

func (d *driven) listen() (answer, error) {
	if !d.out.Scan() {
		return answer{}, fmt.Errorf("%s ended without an answer", filepath.Base(d.command.Path))
	}
	var a answer
	return a, json.Unmarshal(d.out.Bytes(), &a)
}

// end closes its input and waits for it.
func (d *driven) end() error {
	_ = d.in.Close()
	return d.command.Wait()
}

// kill ends it as a lost power supply would, as far as a program can tell.
func (d *driven) kill() {
	_ = d.command.Process.Kill()
	_ = d.command.Wait()
}

// program returns the path of one of the bench's own programs.
func (b *bench) program(name string) string { return filepath.Join(b.programs, name) }

// seeded makes a data folder with n integrations.
func (b *bench) seeded(name string, n int, vault string) (string, error) {
	folder := filepath.Join(b.room, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	return folder, b.candidate("seed", "-dir", folder, "-n", fmt.Sprint(n), "-vault", vault)
}

// candidate runs one of the candidate's verbs to its end.
func (b *bench) candidate(arguments ...string) error {
	command := exec.Command(b.program("candidate"), append(arguments, "-target", b.target.url)...)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("candidate %s: %w", arguments[0], err)
	}
	return nil
}
