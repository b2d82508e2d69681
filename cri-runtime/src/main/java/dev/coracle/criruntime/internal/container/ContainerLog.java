package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.log.CriLogWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container's output on its way from the pipes to the log file and to those attached. Everything
 * happens on the poller's thread.
 */
final class ContainerLog {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerLog.class);
  private static final long PARTIAL_DELAY_MILLIS = 200;

  private final Poller poller;
  private final String containerId;
  private final Optional<Path> file;
  private final Clock clock;
  private final OutputHub hub = new OutputHub();
  private final CriLogWriter.Stream out = new CriLogWriter.Stream("stdout");
  private final CriLogWriter.Stream err = new CriLogWriter.Stream("stderr");
  private @Nullable CriLogWriter writer;
  private boolean failed;
  private boolean partialScheduled;

  ContainerLog(Poller poller, String containerId, Optional<Path> file, Clock clock) {
    this.poller = poller;
    this.containerId = containerId;
    this.file = file;
    this.clock = clock;
  }

  OutputHub hub() {
    return hub;
  }

  /** Makes the file now, so that a reader finds it as soon as the container runs. */
  void open() throws IOException {
    if (writer == null && file.isPresent()) {
      writer = new CriLogWriter(file.get(), clock);
    }
  }

  void accept(boolean error, ByteBuffer chunk) {
    CriLogWriter.Stream stream = error ? err : out;
    // First of all, since what is in neither pipe nor file is lost when this process is killed.
    attempt(w -> w.write(stream, chunk.duplicate()));
    hub.publish(error, chunk);
    if (stream.hasPartial() && !partialScheduled) {
      partialScheduled = true;
      poller.after(
          PARTIAL_DELAY_MILLIS,
          () -> {
            partialScheduled = false;
            flushPartials();
          });
    }
  }

  /** A line that waits for its end would be lost with this process; so it does not wait long. */
  void flushPartials() {
    attempt(w -> {
      w.flushPartial(out);
      w.flushPartial(err);
    });
  }

  void reopen() throws IOException {
    failed = false;
    if (writer != null) {
      writer.reopen();
    } else {
      open();
    }
  }

  void close() {
    attempt(w -> {
      w.flushPartial(out);
      w.flushPartial(err);
      w.close();
    });
    writer = null;
    hub.end();
  }

  private interface Step {
    void run(CriLogWriter writer) throws IOException;
  }

  private void attempt(Step step) {
    CriLogWriter w = writer;
    if (w == null) {
      return;
    }
    try {
      step.run(w);
      failed = false;
    } catch (IOException e) {
      if (!failed) {
        failed = true;
        LOG.atWarn()
            .addKeyValue("container", containerId)
            .addKeyValue("file", file.orElse(null))
            .setCause(e)
            .log("container log lost lines");
      }
    }
  }
}
