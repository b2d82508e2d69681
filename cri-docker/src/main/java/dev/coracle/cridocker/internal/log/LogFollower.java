package dev.coracle.cridocker.internal.log;

import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.EngineException;
import dev.coracle.criruntime.log.CriLogWriter;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One container's output on its way from Docker into its log: with Docker's own times, line by
 * line, without a gap or a repetition when the connection is lost or another JVM goes on. Ends with
 * the container. The lock guards the file, which others reopen.
 */
final class LogFollower implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(LogFollower.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int MOST_FAILURES = 5;

  private final Engine engine;
  private final String containerId;
  private final Path file;
  private final boolean terminal;
  private final CriLogWriter.Stream out = new CriLogWriter.Stream("stdout");
  private final CriLogWriter.Stream err = new CriLogWriter.Stream("stderr");
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable InputStream connection;
  private LogPosition position;
  private @Nullable CriLogWriter writer;
  private boolean failed;

  LogFollower(Engine engine, String containerId, Path file, boolean terminal) throws IOException {
    this.engine = engine;
    this.containerId = containerId;
    this.file = file;
    this.terminal = terminal;
    this.position = LogPosition.of(file);
  }

  static void touch(Path file) throws IOException {
    new CriLogWriter(file, Clock.systemUTC()).close();
  }

  @Override
  public void run() {
    try {
      int failures = 0;
      while (!isStopped()) {
        try {
          open();
          follow();
          if (isStopped() || isOver()) {
            return;
          }
          failures = 0;
        } catch (EngineException e) {
          if (e.isNotFound()) {
            return;
          }
          failures++;
          complain(e);
        } catch (IOException e) {
          failures++;
          complain(e);
        }
        // One that has ended is not asked for ever; one that runs is.
        if (failures >= MOST_FAILURES && isOver()
            || stopped.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close();
      ended.complete(null);
    }
  }

  private boolean isStopped() {
    return stopped.getCount() == 0;
  }

  /** Docker ends the answer when the container has ended, but also when it ends itself. */
  private boolean isOver() {
    try {
      return !engine
          .get("/containers/" + containerId + "/json")
          .path("State")
          .path("Running")
          .asBoolean();
    } catch (EngineException e) {
      return e.isNotFound();
    }
  }

  private void complain(IOException e) {
    if (!failed && !isStopped()) {
      failed = true;
      LOG.atWarn()
          .addKeyValue("container", containerId)
          .addKeyValue("file", file)
          .setCause(e)
          .log("container log is not followed for now");
    }
  }

  private void open() throws IOException {
    lock.lock();
    try {
      if (writer == null) {
        writer = new CriLogWriter(file, Clock.systemUTC());
      }
    } finally {
      lock.unlock();
    }
  }

  private void follow() throws IOException {
    String path =
        "/containers/%s/logs?follow=1&stdout=1&stderr=1&timestamps=1&since=%s"
            .formatted(containerId, position.since());
    try (InputStream in = engine.stream(HttpMethod.GET, path, Map.of())) {
      connection = in;
      if (isStopped()) {
        return;
      }
      LogLines lines = new LogLines(in, terminal);
      LogPosition.Skip skip = position.skip();
      for (LogLines.Line line = lines.next(); line != null; line = lines.next()) {
        failed = false;
        if (!skip.covers(line.time())) {
          write(line);
          position = position.after(line.time());
        }
      }
    }
  }

  private void write(LogLines.Line line) throws IOException {
    ByteBuffer text = ByteBuffer.wrap(line.text());
    CriLogWriter.Stream stream = line.error() ? err : out;
    lock.lock();
    try {
      CriLogWriter w = writer;
      if (w == null) {
        throw new IOException("the log is closed");
      }
      while (text.remaining() > CriLogWriter.MAX_LINE) {
        w.write(stream, line.time(), text.slice(text.position(), CriLogWriter.MAX_LINE), false);
        text.position(text.position() + CriLogWriter.MAX_LINE);
      }
      w.write(stream, line.time(), text, line.whole());
    } finally {
      lock.unlock();
    }
  }

  void reopen() throws IOException {
    lock.lock();
    try {
      if (writer != null) {
        writer.reopen();
      } else if (!Files.exists(file)) {
        touch(file);
      }
    } finally {
      lock.unlock();
    }
  }

  void awaitEnd(Duration most) {
    try {
      ended.get(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.atWarn()
          .addKeyValue("container", containerId)
          .log("container has ended, its log has not");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Leaves off; whoever waits is let go. */
  void stop() {
    stopped.countDown();
    InputStream in = connection;
    if (in != null) {
      try {
        in.close();
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("connection was closed already");
      }
    }
  }

  private void close() {
    lock.lock();
    try {
      if (writer != null) {
        writer.close();
        writer = null;
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("file", file).setCause(e).log("container log not closed");
    } finally {
      lock.unlock();
    }
  }
}
