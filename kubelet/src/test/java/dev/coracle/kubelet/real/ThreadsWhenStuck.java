package dev.coracle.kubelet.real;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.TestAbortedException;

/**
 * Where a node on a real runtime does not do in time what it should, tells where all threads are,
 * virtual ones too, in {@code target/threads-CLASS.txt}.
 */
public final class ThreadsWhenStuck
    implements LifecycleMethodExecutionExceptionHandler, TestExecutionExceptionHandler {

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    tell(context, failure);
    throw failure;
  }

  @Override
  public void handleAfterAllMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    tell(context, failure);
    throw failure;
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    tell(context, failure);
    throw failure;
  }

  private static void tell(ExtensionContext context, Throwable failure) throws IOException {
    if (failure instanceof TestAbortedException) {
      return;
    }
    Path file =
        Path.of("target/threads-" + context.getRequiredTestClass().getSimpleName() + ".txt")
            .toAbsolutePath();
    if (!Files.exists(file)) {
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpThreads(file.toString(), ThreadDumpFormat.TEXT_PLAIN);
      System.out.println("threads: " + file);
    }
  }
}
