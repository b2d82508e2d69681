package dev.coracle.api.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Gives a decoder inputs that are nearly right. A run is the same for the same seed, which stands
 * in every finding; {@code -Dcoracle.fuzz.seed} repeats one, {@code -Dcoracle.fuzz.inputs} makes it
 * longer.
 *
 * <p>A finding is whatever the target throws, an overflow of a stack as small as the product's
 * threads have, and an input that costs more processor time or memory than its size explains. Time
 * is counted as the thread's own, so a busy machine finds nothing that is not there.
 */
public final class Fuzzer {

  /** What is fuzzed: returns, or refuses by an exception that it catches itself. */
  @FunctionalInterface
  public interface Target {
    void accept(byte[] input) throws Exception;
  }

  private static final long SEED = Long.getLong("coracle.fuzz.seed", 1);
  private static final int INPUTS = Integer.getInteger("coracle.fuzz.inputs", 3000);
  private static final long STACK_BYTES = 512 << 10;
  private static final long MOST_NANOS = 5_000_000_000L;
  private static final long MOST_BYTES = 128L << 20;
  private static final long MOST_BYTES_PER_BYTE = 2000;

  private final List<byte[]> seeds = new ArrayList<>();
  private final List<byte[]> words = new ArrayList<>();
  private int inputs = INPUTS;

  /** Right inputs to begin with. */
  public Fuzzer seeds(String... texts) {
    for (String text : texts) {
      seeds.add(text.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  public Fuzzer seed(byte[] bytes) {
    seeds.add(bytes);
    return this;
  }

  /** Pieces that mean something to the decoder. */
  public Fuzzer words(String... texts) {
    for (String text : texts) {
      words.add(text.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  /** For targets that are slow by nature: only so many in a hundred of the usual inputs. */
  public Fuzzer percent(int share) {
    inputs = (int) ((long) INPUTS * share / 100);
    return this;
  }

  /** Runs in a thread of its own, whose stack is small. */
  public void run(Target target) throws InterruptedException {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                inThread(target);
              } catch (Throwable t) {
                failure.set(t);
              }
            },
            "fuzzer",
            STACK_BYTES);
    thread.start();
    thread.join();
    Throwable found = failure.get();
    if (found != null) {
      throw new AssertionError(found.getMessage(), found);
    }
  }

  private void inThread(Target target) {
    for (byte[] seed : seeds) {
      one(target, seed, -1);
    }
    Mutator mutator = new Mutator(new SplittableRandom(SEED), seeds, words);
    for (int i = 0; i < inputs; i++) {
      one(target, mutator.next(), i);
    }
  }

  private static void one(Target target, byte[] input, int number) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = threads.getCurrentThreadAllocatedBytes();
    long nanos = threads.getCurrentThreadCpuTime();
    try {
      target.accept(input);
    } catch (Throwable t) {
      throw new AssertionError(describe(input, number) + ": " + t, t);
    }
    long took = threads.getCurrentThreadCpuTime() - nanos;
    long allocated = threads.getCurrentThreadAllocatedBytes() - bytes;
    if (took > MOST_NANOS) {
      throw new AssertionError(describe(input, number) + " took " + took / 1_000_000 + " ms");
    }
    if (allocated > MOST_BYTES + MOST_BYTES_PER_BYTE * input.length) {
      throw new AssertionError(describe(input, number) + " allocated " + allocated + " bytes");
    }
  }

  private static String describe(byte[] input, int number) {
    byte[] shown = input.length > 600 ? java.util.Arrays.copyOf(input, 600) : input;
    return "seed "
        + SEED
        + ", input "
        + number
        + " of "
        + input.length
        + " bytes, base64 "
        + Base64.getEncoder().encodeToString(shown)
        + ", text <"
        + new String(shown, StandardCharsets.UTF_8)
        + ">";
  }
}
