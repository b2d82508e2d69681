package dev.coracle.api.parallel;

import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class OwnFailuresTest {

  @Test
  void whoWaitsDoesNotFailForAnotherThread() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              try {
                waiting.await();
              } catch (InterruptedException e) {
                return;
              }
              throw new IllegalStateException("another test's");
            });
    Awaitility.await()
        .until(() -> {
          waiting.countDown();
          return !other.isAlive();
        });
  }
}
