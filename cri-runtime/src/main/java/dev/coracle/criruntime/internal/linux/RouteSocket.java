package dev.coracle.criruntime.internal.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Sends {@link RouteMessages} to the kernel, from this network namespace or from another one, which
 * a thread enters for it. No process is started. Thread-safe; the calls take well under a
 * millisecond, plus what they wait for the kernel's one lock over network devices.
 */
public final class RouteSocket {
  private static final int FAMILY = 16;
  private static final int RAW = 3;
  private static final int ROUTE = 0;
  private static final int DONT_WAIT = 0x40;
  private static final int ANSWER_BYTES = 8192;
  private static final int HEADER = 16;
  private static final int ERROR = 2;
  private static final int LINK_HEADER = 16;

  private RouteSocket() {}

  /** One request's answer: what failed, or (for a description) a device's numbers. */
  public record Answer(int errno, int index, int peerIndex) {}

  /**
   * Sends from the namespace of this process.
   *
   * @throws PosixException the first request that failed; those after it were made all the same
   */
  public static List<Answer> send(RouteMessages messages) throws PosixException {
    return checked(messages, trySend(messages));
  }

  /** As {@link #send}, and the answers tell what failed. */
  public static List<Answer> trySend(RouteMessages messages) throws PosixException {
    int socket = (int) Native.check("netlink", Sys.SOCKET, FAMILY, RAW | Fd.O_CLOEXEC, ROUTE);
    try (SyscallProgram program = new SyscallProgram()) {
      List<MemorySegment> answers = exchange(program, socket, messages);
      int first = program.size() - answers.size();
      SyscallProgram.Outcome outcome = program.runHere();
      outcome.orThrow();
      return read(outcome, first, answers);
    } finally {
      Fd.close(socket);
    }
  }

  /**
   * Sends from the network namespace behind this descriptor.
   *
   * @throws PosixException the first request that failed; those after it were made all the same
   */
  public static List<Answer> send(int namespace, RouteMessages messages) throws PosixException {
    return send(namespace, Map.of(), messages);
  }

  /**
   * Sends from the network namespace behind this descriptor, after it has made kernel settings
   * there.
   *
   * @param settings values by their paths below {@code /proc/sys/net}; one that cannot be made is
   *     left as it is
   * @throws PosixException the first request that failed; those after it were made all the same
   */
  public static List<Answer> send(
      int namespace, Map<String, String> settings, RouteMessages messages) throws PosixException {
    try (SyscallProgram program = new SyscallProgram()) {
      new Mounts(program).enter(namespace, Mounts.CLONE_NEWNET);
      settings.forEach((path, value) -> set(program, "/proc/sys/net/" + path, value));
      int step = program.size();
      program.must("netlink", Sys.SOCKET, FAMILY, RAW | Fd.O_CLOEXEC, ROUTE);
      List<MemorySegment> answers = exchange(program, SyscallProgram.resultOf(step), messages);
      int first = program.size() - answers.size();
      SyscallProgram.Outcome outcome = Spawn.run(program);
      outcome.orThrow();
      return checked(messages, read(outcome, first, answers));
    }
  }

  private static void set(SyscallProgram program, String path, String value) {
    long file = SyscallProgram.resultOf(program.size());
    program
        .may(
            "open " + path, Sys.OPENAT, Fd.AT_FDCWD, program.text(path), Fd.O_WRONLY | Fd.O_CLOEXEC)
        .may("write " + path, Sys.WRITE, file, program.text(value), value.length())
        .may("close " + path, Sys.CLOSE, file);
  }

  /** The kernel has answered everything when it has taken it, so nothing here waits. */
  private static List<MemorySegment> exchange(
      SyscallProgram program, long socket, RouteMessages messages) {
    byte[] bytes = messages.bytes();
    MemorySegment data = program.arena().allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    program.must("netlink", Sys.SENDTO, socket, data.address(), bytes.length, 0, 0, 0);
    List<MemorySegment> answers = new ArrayList<>();
    for (String name : messages.names()) {
      MemorySegment answer = program.arena().allocate(ANSWER_BYTES, 4);
      program.must(name, Sys.RECVFROM, socket, answer.address(), ANSWER_BYTES, DONT_WAIT, 0, 0);
      answers.add(answer);
    }
    return answers;
  }

  private static List<Answer> read(
      SyscallProgram.Outcome outcome, int first, List<MemorySegment> segments) {
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < segments.size(); i++) {
      ByteBuffer in =
          segments
              .get(i)
              .asSlice(0, outcome.results()[first + i])
              .asByteBuffer()
              .order(ByteOrder.nativeOrder());
      answers.add(
          in.getShort(4) == ERROR
              ? new Answer(-in.getInt(HEADER), 0, 0)
              : new Answer(0, in.getInt(HEADER + 4), peer(in)));
    }
    return answers;
  }

  private static int peer(ByteBuffer in) {
    int end = Math.min(in.getInt(0), in.limit());
    for (int at = HEADER + LINK_HEADER; at + 4 <= end; ) {
      int length = in.getShort(at) & 0xffff;
      if (length < 4) {
        return 0;
      }
      if (in.getShort(at + 2) == RouteMessages.LINK_PEER) {
        return in.getInt(at + 4);
      }
      at += (length + 3) & ~3;
    }
    return 0;
  }

  private static List<Answer> checked(RouteMessages messages, List<Answer> answers)
      throws PosixException {
    for (int i = 0; i < answers.size(); i++) {
      if (answers.get(i).errno() != 0) {
        throw new PosixException(messages.names().get(i), answers.get(i).errno());
      }
    }
    return answers;
  }
}
