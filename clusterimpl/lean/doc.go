// Package lean serves plain HTTP/1.1 requests at about two thirds of the processor time that
// package net/http takes (BenchmarkServe: 9.0 of 14.2 µs), and leaves all others to it.
//
// A request is plain when its whole head has arrived at once, is at most [BufferSize] long,
// and has nothing in it that could be read in two ways: one of the usual methods, a path
// without escapes, one Host, no more than one Content-Length, every line with its CRLF, and no
// Transfer-Encoding, Expect, Upgrade, Trailer or Pragma. [Server.Serve] serves such requests
// one after the other, pipelined ones too, and returns at the first that is not plain, with
// the bytes that it has read: net/http serves the connection from there on. Nothing is ever
// refused here, so what is not allowed is what net/http does not allow.
//
// Handlers see the same request and write the same answer as under net/http, with these
// differences:
//
//   - the request's context does not end when the client goes away, nor after the answer,
//     but with the context that the connection was served with;
//   - an answer that is not flushed is sent in one write when the handler returns, or in
//     pieces once it is larger than [Unflushed];
//   - the context holds no http.ServerContextKey and no http.LocalAddrContextKey, and there
//     are no informational answers, no trailers and no hijacking (http.ErrNotSupported);
//   - a client that sends its body slowly has to send some of it within the idle timeout,
//     where net/http waits for ever.
package lean
