package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"relink/backend/integration"
	"relink/backend/store"
)

// scenarios are what a second process can be asked to do.
func scenarios() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"read_only": insideReadOnly, "full": insideFull, "no_room_for_files": insideNoRoomForFiles, "writer": insideWriter, "victim": insideVictim,
	}
}

// mounting runs a scenario in a process with its own view of the mounts.
func mounting(t *testing.T, scenario string) {
	t.Helper()
	cmd := second(t.Context(), scenario)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if err := syscall.Access("/proc/self/ns/mnt", 4); err != nil || os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	finish(t, cmd, scenario)
}

// mount makes a file system that only this process sees.
func mount(t *testing.T, options string) (dir string, remount func(flags uintptr)) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("tmpfs", dir, "tmpfs", 0, options)
	}
	if err != nil {
		t.Skipf("this machine does not allow mounts: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir, func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("none", dir, "", syscall.MS_REMOUNT|flags, options); err != nil {
			t.Fatal(err)
		}
	}
}

func TestQ3AReadOnlyFolderIsForViewing(t *testing.T) { mounting(t, "read_only") }

func TestQ2AFullDiskLosesNothingAndRecovers(t *testing.T) { mounting(t, "full") }

func TestQ2ADiskThatTakesNoMoreFilesIsAFullOne(t *testing.T) { mounting(t, "no_room_for_files") }

func insideNoRoomForFiles(t *testing.T) {
	disk, _ := mount(t, "mode=700,nr_inodes=1")
	if _, err := reopen(t, disk); !errors.Is(err, store.ErrFull) || errors.Is(err, integration.ErrBusy) {
		t.Errorf("got %v", err)
	}
}

func insideReadOnly(t *testing.T) {
	disk, remount := mount(t, "size=32m")
	clean, unclean, empty := filepath.Join(disk, "clean"), filepath.Join(disk, "unclean"), filepath.Join(disk, "empty")
	s := openAt(t, clean)
	i, _, c := add(t, s, "int_1", "Ads")
	if err := errors.Join(s.Close(), os.Mkdir(empty, 0o700), os.CopyFS(unclean, os.DirFS(clean))); err != nil {
		t.Fatal(err)
	}
	// A killed process leaves its log: the newest integration is in there only.
	if err := errors.Join(os.Chmod(unclean, 0o700), os.Chmod(filepath.Join(unclean, "relink.db"), 0o600)); err != nil {
		t.Fatal(err)
	}
	killed := openAt(t, unclean)
	add(t, killed, "int_2", "Stripe")
	copied := filepath.Join(disk, "copied")
	if err := errors.Join(os.CopyFS(copied, os.DirFS(unclean)), os.Chmod(copied, 0o700), killed.Close()); err != nil {
		t.Fatal(err)
	}
	remount(syscall.MS_RDONLY)
	for dir, n := range map[string]int{clean: 1, copied: 2, empty: 0} {
		viewOnly(t, dir, n, i, c)
	}
	if _, err := reopen(t, filepath.Join(disk, "not", "there")); !errors.Is(err, integration.ErrReadOnly) {
		t.Errorf("a folder that cannot be made: %v", err)
	}
	remount(0)
}

// viewOnly opens a folder for viewing, and wants every writing call refused.
func viewOnly(t *testing.T, dir string, n int, i integration.Integration, c integration.Checked) {
	t.Helper()
	s, err := reopen(t, dir)
	if err != nil {
		t.Errorf("%s: %v", dir, err)
		return
	}
	ctx := t.Context()
	all, err := s.Integrations(ctx)
	states, err2 := s.States(ctx)
	hours, err3 := s.Hours(ctx, start)
	version, err4 := s.DataVersion(ctx)
	if !s.ReadOnly() || len(all) != n || len(states) != n || len(hours) != 0 || errors.Join(err, err2, err3, err4) != nil {
		t.Errorf("%s: read-only %v, %d integrations, version %d, %v", dir, s.ReadOnly(), len(all), version, errors.Join(err, err2, err3, err4))
	}
	if again, err := s.DataVersion(ctx); again != version || err != nil {
		t.Errorf("%s: data version moves, %v", dir, err)
	}
	_, backupErr := s.Backup(ctx)
	_, removeErr := s.Remove(ctx, i.ID, integration.Act{})
	for call, err := range map[string]error{
		"add": s.Add(ctx, i, integration.Grant{}, c.State, integration.Act{}), "edit": s.Edit(ctx, i, integration.Act{}),
		"host keys": s.SetHostKeys(ctx, i.ID, "", integration.Act{}),
		"record":    s.Record(ctx, []integration.Checked{c}), "renewal": s.SaveRenewal(ctx, integration.Grant{}, 1), "journal": s.Journal(ctx, "g", nil),
		"commit": s.Commit(ctx, integration.GrantCommit{}), "act": s.AddAct(ctx, integration.Act{}), "alert": s.AlertSent(ctx, "a"),
		"preference": s.SetPreference(ctx, "a", "b"), "backup": backupErr, "remove": removeErr, "prune": s.Prune(ctx, start),
	} {
		if !errors.Is(err, integration.ErrReadOnly) {
			t.Errorf("%s: %s: got %v", dir, call, err)
		}
	}
	if err := errors.Join(s.Upkeep(ctx), s.Verify(ctx)); err != nil {
		t.Errorf("%s: upkeep: %v", dir, err)
	}
}

// insideFull fills the disk at several points, and wants every refusal named and everything before
// it kept.
func insideFull(t *testing.T) {
	disk, _ := mount(t, "size=2m")
	for room := 0; room <= 512; room += 64 {
		dir := filepath.Join(disk, "data")
		s := openAt(t, dir)
		add(t, s, "int_first", "First")
		full := filepath.Join(disk, "ballast")
		stuff(t, disk, full, room<<10)
		added, refusal := 0, error(nil)
		for ; refusal == nil && added < 2000; added++ {
			i, g := example(fmt.Sprintf("int_%d", added), fmt.Sprint(added))
			refusal = s.Add(t.Context(), i, g, checkedOK(i, g, start).State, integration.Act{At: start})
		}
		if !errors.Is(refusal, store.ErrFull) {
			t.Fatalf("%d KiB left: got %v", room, refusal)
		}
		all, err := s.Integrations(t.Context())
		if err != nil || len(all) != added {
			t.Errorf("%d KiB left: %d integrations of %d, %v", room, len(all), added, err)
		}
		if _, err := s.Backup(t.Context()); !errors.Is(err, store.ErrFull) {
			t.Errorf("%d KiB left: backup: %v", room, err)
		}
		if err := os.Remove(full); err != nil {
			t.Fatal(err)
		}
		add(t, s, "int_after", "After")
		if err := errors.Join(s.Verify(t.Context()), s.Close(), os.RemoveAll(dir)); err != nil {
			t.Fatal(err)
		}
	}
	stuff(t, disk, filepath.Join(disk, "ballast"), 0)
	if _, err := reopen(t, filepath.Join(disk, "new")); !errors.Is(err, store.ErrFull) {
		t.Errorf("a new folder on a full disk: %v", err)
	}
}

// stuff writes a file until only room bytes are left.
func stuff(t *testing.T, disk, path string, room int) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(disk, &st); err != nil {
		t.Fatal(err)
	}
	free := int(st.Bavail) * int(st.Bsize)
	if err := os.WriteFile(path, bytes.Repeat([]byte{1}, max(0, free-room)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestQ6SeveralProcessesWriteAtOnce(t *testing.T) {
	const processes, rounds = 4, 100
	dir := t.TempDir()
	s := openAt(t, dir)
	i, g, c := add(t, s, "int_1", "Ads")
	results := make(chan string, processes)
	for n := range processes {
		cmd := second(t.Context(), "writer", "RELINK_TEST_DIR="+dir, "RELINK_TEST_NUMBER="+strconv.Itoa(n), "RELINK_TEST_ROUNDS="+strconv.Itoa(rounds))
		go func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				results <- fmt.Sprintf("%v\n%s", err, out)
				return
			}
			results <- ""
		}()
	}
	for range rounds {
		if err := s.Record(t.Context(), []integration.Checked{c}); err != nil {
			t.Fatal(err)
		}
	}
	for range processes {
		if problem := <-results; problem != "" {
			t.Error(problem)
		}
	}
	hours := must[map[string][]integration.Hour](t)(s.Hours(t.Context(), start))
	if h := hours[i.ID][0]; h.OK != rounds*(processes+1) {
		t.Errorf("%d checks counted of %d", h.OK, rounds*(processes+1))
	}
	if fresh := must[integration.Grant](t)(s.Grant(t.Context(), g.ID)); fresh.Version != 1+processes*10 {
		t.Errorf("version %d after %d renewals", fresh.Version, processes*10)
	}
	if acts := must[[]integration.Act](t)(s.Acts(t.Context(), "", 10000)); len(acts) != 1+processes*rounds {
		t.Errorf("%d acts", len(acts))
	}
}

// insideWriter records, appends and renews beside other processes.
func insideWriter(t *testing.T) {
	s := openAt(t, os.Getenv("RELINK_TEST_DIR"))
	rounds, _ := strconv.Atoi(os.Getenv("RELINK_TEST_ROUNDS"))
	i, g := example("int_1", "Ads")
	for n := range rounds {
		err := errors.Join(s.Record(t.Context(), []integration.Checked{checkedOK(i, g, start)}),
			s.AddAct(t.Context(), integration.Act{At: start, IntegrationID: "int_" + os.Getenv("RELINK_TEST_NUMBER"), What: "tested"}))
		if err != nil {
			t.Fatal(err)
		}
		if n%(rounds/10) > 0 {
			continue
		}
		for { // as a renewal does: read again and try from there
			current := must[integration.Grant](t)(s.Grant(t.Context(), g.ID))
			next := current
			next.Version++
			err := s.SaveRenewal(t.Context(), next, current.Version)
			if err == nil {
				break
			}
			if !errors.Is(err, integration.ErrBusy) {
				t.Fatal(err)
			}
		}
	}
}

func TestQ1NothingAcknowledgedIsLostByAKill(t *testing.T) {
	kills := 10
	if os.Getenv("RELINK_LONG") != "" {
		kills = 200
	}
	dir := t.TempDir()
	s := openAt(t, dir)
	_, g, _ := add(t, s, "int_1", "Ads")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	written := 0
	for n := range kills {
		written += killOnce(t, dir, time.Duration(20+n*7%60)*time.Millisecond)
		s := openAt(t, dir)
		version := must[integration.Grant](t)(s.Grant(t.Context(), g.ID)).Version
		checks := 0
		for _, h := range must[map[string][]integration.Hour](t)(s.Hours(t.Context(), start))["int_1"] {
			checks += h.OK
		}
		// The last transaction may be stored and not acknowledged.
		if version < written+1 || checks < written || version > written+2+n || checks > written+1+n {
			t.Fatalf("kill %d: %d rounds acknowledged, version %d, %d checks", n, written, version, checks)
		}
		if err := errors.Join(s.Verify(t.Context()), s.Close()); err != nil {
			t.Fatalf("kill %d: %v", n, err)
		}
	}
	t.Logf("%d kills, %d rounds acknowledged", kills, written)
}

// killOnce starts a process that writes, kills it after a moment of writing and returns how many
// rounds it acknowledged.
func killOnce(t *testing.T, dir string, after time.Duration) int {
	t.Helper()
	cmd := second(t.Context(), "victim", "RELINK_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	acknowledged, begun := 0, false
	buffer := make([]byte, 4096)
	for {
		n, err := out.Read(buffer)
		acknowledged += bytes.Count(buffer[:n], []byte("acknowledged\n"))
		if acknowledged > 0 && !begun {
			begun = true
			timer.Reset(after)
		}
		if err != nil {
			break
		}
	}
	_ = cmd.Wait() // killed
	if !begun {
		t.Fatal("the process wrote nothing")
	}
	return acknowledged
}

// insideVictim writes until it is killed.
func insideVictim(t *testing.T) {
	s := openAt(t, os.Getenv("RELINK_TEST_DIR"))
	i, g := example("int_1", "Ads")
	for {
		current := must[integration.Grant](t)(s.Grant(t.Context(), g.ID))
		next := current
		next.Version++
		err := errors.Join(s.Record(t.Context(), []integration.Checked{checkedOK(i, g, start)}), s.SaveRenewal(t.Context(), next, current.Version))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("acknowledged")
	}
}
