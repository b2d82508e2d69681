package dev.coracle.kubelet.server.internal.logs;

import java.io.IOException;

/** Where log bytes go. Called by one thread, which it may block: that is the back-pressure. */
public interface LogSink {
  /** Takes the bytes; they may not be changed afterwards. Throws when the reader has gone. */
  void write(byte[] bytes) throws IOException, InterruptedException;
}
