package ipc_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
)

func TestMessagesArriveInOrder(t *testing.T) {
	ours, file, err := ipc.Pair()
	require.NoError(t, err)
	defer ours.Close()
	theirs, err := ipc.Open(file)
	require.NoError(t, err)
	sent := []ipc.Message{
		{Kind: ipc.Beat, Stats: &health.Stats{Requests: 7, CPU: health.CPU{Seconds: 1.5}}},
		{Kind: ipc.Ask, ID: 1<<64 - 1, Path: "/health"},
		{Kind: ipc.Answer, ID: 3, Status: 503, Body: `{"status":"unhealthy"}`},
	}
	for _, m := range sent {
		require.NoError(t, theirs.Send(m))
	}
	require.NoError(t, theirs.Close())
	for _, want := range sent {
		got, err := ours.Receive()
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err = ours.Receive()
	assert.Equal(t, io.EOF, err, "the other end is gone")
}

func TestEventsAreReadUntilTheWriterIsGone(t *testing.T) {
	var pipe bytes.Buffer
	sent := []ipc.Event{{Kind: ipc.WorkerStarted, Worker: 2, PID: 77}, {Kind: ipc.Serving, URL: "http://127.0.0.1:1"}}
	for _, e := range sent {
		require.NoError(t, ipc.WriteEvent(&pipe, e))
	}
	var got []ipc.Event
	require.NoError(t, ipc.ReadEvents(&pipe, func(e ipc.Event) { got = append(got, e) }))
	assert.Equal(t, sent, got)
	assert.ErrorContains(t, ipc.ReadEvents(strings.NewReader("panic: no JSON\n"), func(ipc.Event) {}), "read a message")
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"kind":"beat","stats":{"requests":1}}` + "\n" + `{"kind":"ask","id":1}`))
	f.Add([]byte(`{"kind":""}`))
	f.Add([]byte("\n\n{}\n[]\nnull"))
	f.Fuzz(func(t *testing.T, data []byte) {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Write(data)
			there.Close()
		}()
		conn := ipc.NewConn(here)
		defer conn.Close()
		for {
			m, err := conn.Receive()
			if err != nil {
				return
			}
			if m.Kind == "" {
				t.Fatal("a message without a kind was accepted")
			}
		}
	})
}

func FuzzReadEvents(f *testing.F) {
	f.Add(`{"kind":"started","worker":2,"pid":77}` + "\n" + `{"kind":"serving","url":"http://127.0.0.1:1"}` + "\n")
	f.Add("{}\n{\"kind\":\"changed\",\"id\":18446744073709551615}")
	f.Add("panic: no JSON\n{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		var again bytes.Buffer
		var seen []ipc.Event
		err := ipc.ReadEvents(strings.NewReader(text), func(e ipc.Event) {
			seen = append(seen, e)
			if err := ipc.WriteEvent(&again, e); err != nil {
				t.Fatal(err)
			}
		})
		assert.LessOrEqual(t, len(seen), strings.Count(text, "\n")+1)
		if err == nil {
			var same []ipc.Event
			require.NoError(t, ipc.ReadEvents(&again, func(e ipc.Event) { same = append(same, e) }))
			assert.Equal(t, seen, same, "what was read can be told again")
		}
	})
}

func TestAClosedConnectionIsToldFromOneThatIsNotRead(t *testing.T) {
	ours, theirs, err := ipc.Pair()
	require.NoError(t, err)
	defer ours.Close()
	require.NoError(t, theirs.Close())
	err = ours.Send(ipc.Message{Kind: ipc.Drain})
	assert.True(t, ipc.Gone(err), "%v", err)
	require.NoError(t, ours.Close())
	err = ours.Send(ipc.Message{Kind: ipc.Drain})
	assert.True(t, ipc.Gone(err), "%v", err)
	assert.False(t, ipc.Gone(os.ErrDeadlineExceeded), "a peer that does not read is there still")
}
