package dev.coracle.kubelet.server.internal.logs;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import org.junit.jupiter.api.Test;

/** Lines of CRI log files, which a container may have a hand in. */
class LogLinesFuzz {

  @FuzzTest(maxDuration = "60s")
  void lines(byte[] input) {
    parse(input);
  }

  @Test
  void logLines() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "2026-01-02T03:04:05.123456789Z stdout F hello",
            "2026-01-02T03:04:05.1+02:00 stderr P:x part",
            "2026-01-02T03:04:05Z stdout F")
        .words(" ", "stdout", "stderr", "P", "F", ":", "Z", "+99:99")
        .run(LogLinesFuzz::parse);
  }

  private static void parse(byte[] input) {
    CriLogLine.parse(input, 0, input.length)
        .ifPresent(line -> {
          line.instant();
          line.fixedTime();
          if (line.content() > line.end() || line.end() > input.length) {
            throw new AssertionError(line);
          }
        });
  }
}
