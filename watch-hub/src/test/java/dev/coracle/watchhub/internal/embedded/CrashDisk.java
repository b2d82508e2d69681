package dev.coracle.watchhub.internal.embedded;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A disk whose power can be cut: it remembers what was synced and what was only written, and {@link
 * #powerCut} leaves each unsynced write behind whole, in part, or not at all. It can also fail
 * writes and syncs on its own.
 */
final class CrashDisk implements Disk {

  private record Write(long offset, byte[] bytes) {}

  private static final class State {
    byte[] durable = {};
    final List<Write> pending = new ArrayList<>();

    void apply(Write write) {
      int end = (int) (write.offset + write.bytes.length);
      if (durable.length < end) {
        durable = Arrays.copyOf(durable, end);
      }
      System.arraycopy(write.bytes, 0, durable, (int) write.offset, write.bytes.length);
    }
  }

  private final Disk real = Disk.real(false);
  private final SplittableRandom random;
  private final Map<Path, State> states = new HashMap<>();
  private boolean dead;

  /** One of so many writes or syncs fails; 0 for none. */
  volatile int failOneOf;

  /** What failures say. */
  volatile String reason = "Input/output error";

  int failures;

  CrashDisk(SplittableRandom random) {
    this.random = random;
  }

  private void mayFail() throws IOException {
    if (dead) {
      throw new IOException("the power is off");
    }
    if (failOneOf > 0 && random.nextInt(failOneOf) == 0) {
      failures++;
      throw new IOException(reason);
    }
  }

  @Override
  public synchronized Appender open(Path file, boolean fresh) throws IOException {
    mayFail();
    Appender appender = real.open(file, fresh);
    State state = states.computeIfAbsent(file, _ -> new State());
    state.durable = Files.readAllBytes(file);
    state.pending.clear();
    return new Watched(appender, state);
  }

  @Override
  public synchronized void syncDirectory(Path directory) throws IOException {
    if (dead) {
      throw new IOException("the power is off");
    }
  }

  /** Nothing more gets to the disk. */
  synchronized void powerOff() {
    dead = true;
  }

  /** What the disk holds after the power came back. The storage must be closed by now. */
  synchronized void powerCut() throws IOException {
    for (Map.Entry<Path, State> entry : states.entrySet()) {
      if (!Files.exists(entry.getKey())) {
        continue;
      }
      State state = entry.getValue();
      for (Write write : state.pending) {
        int kept =
            switch (random.nextInt(3)) {
              case 0 -> 0;
              case 1 -> random.nextInt(write.bytes.length + 1);
              default -> write.bytes.length;
            };
        state.apply(new Write(write.offset, Arrays.copyOf(write.bytes, kept)));
      }
      Files.write(entry.getKey(), state.durable);
    }
  }

  private final class Watched implements Appender {
    private final Appender appender;
    private final State state;

    Watched(Appender appender, State state) {
      this.appender = appender;
      this.state = state;
    }

    @Override
    public void write(ByteBuffer bytes, long offset) throws IOException {
      synchronized (CrashDisk.this) {
        ByteArrayOutputStream copy = new ByteArrayOutputStream();
        for (int i = bytes.position(); i < bytes.limit(); i++) {
          copy.write(bytes.get(i));
        }
        try {
          mayFail();
        } catch (IOException e) {
          if (!dead) {
            // Torn: a part of it is written.
            byte[] part = Arrays.copyOf(copy.toByteArray(), random.nextInt(copy.size() + 1));
            state.pending.add(new Write(offset, part));
            appender.write(ByteBuffer.wrap(part), offset);
          }
          throw e;
        }
        state.pending.add(new Write(offset, copy.toByteArray()));
        appender.write(bytes, offset);
      }
    }

    @Override
    public void sync(boolean metadata) throws IOException {
      synchronized (CrashDisk.this) {
        mayFail();
        state.pending.forEach(state::apply);
        state.pending.clear();
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      synchronized (CrashDisk.this) {
        mayFail();
        // As strict as it gets: the cut is durable at once, what lay behind it is gone.
        List<Write> kept = new ArrayList<>();
        for (Write w : state.pending) {
          if (w.offset < size) {
            int length = (int) Math.min(w.bytes.length, size - w.offset);
            kept.add(new Write(w.offset, Arrays.copyOf(w.bytes, length)));
          }
        }
        state.pending.clear();
        state.pending.addAll(kept);
        if (state.durable.length > size) {
          state.durable = Arrays.copyOf(state.durable, (int) size);
        }
        appender.truncate(size);
      }
    }

    @Override
    public void close() throws IOException {
      appender.close();
    }
  }
}
