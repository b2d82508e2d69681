package dev.coracle.criruntime.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the log says of calls that failed. */
class FailedCallLogTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(Calls.class);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(log);
  }

  @Test
  void anImageThatCannotBePulledIsOneLine() {
    Calls.status("PullImage", new IOException("failed to pull: no such host", new IOException()));
    assertThat(log.list).hasSize(1);
    ILoggingEvent event = log.list.getFirst();
    assertThat(event.getThrowableProxy()).isNull();
    assertThat(event.getKeyValuePairs().toString()).contains("failed to pull: no such host");
  }

  @Test
  void whatNobodyThoughtOfHasItsTrace() {
    Calls.status("PullImage", new ArithmeticException("/ by zero"));
    assertThat(log.list)
        .singleElement()
        .satisfies(e -> assertThat(e.getThrowableProxy()).isNotNull());
  }
}
