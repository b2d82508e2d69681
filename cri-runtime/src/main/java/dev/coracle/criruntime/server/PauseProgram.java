package dev.coracle.criruntime.server;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The process of a sandbox: it holds the pod's namespaces, and where the containers share a PID
 * namespace it is the first in it and the parent of every orphan. So it tells the kernel that it
 * does not care for its children, which are then never zombies, and sleeps for ever. That is all,
 * and it needs no library: the program is its machine code in the smallest ELF file there is.
 */
public final class PauseProgram {
  private static final long ADDRESS = 0x400000;
  private static final int ELF_HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int READ_AND_EXECUTE = 5;
  private static final short X86_64 = 62;
  private static final short AARCH64 = 183;

  private PauseProgram() {}

  /**
   * @param architecture {@code amd64} or {@code arm64}
   */
  public static byte[] of(String architecture) {
    return switch (architecture) {
      case "amd64" -> elf(X86_64, x86());
      case "arm64" -> elf(AARCH64, arm());
      default ->
          throw new UnsupportedOperationException(
              "there is no pause program for " + architecture + ", only for amd64 and arm64");
    };
  }

  /** The one for this machine. */
  public static byte[] ofThisMachine() {
    String architecture = System.getProperty("os.arch");
    return of(architecture.equals("aarch64") ? "arm64" : architecture);
  }

  private static byte[] elf(short machine, byte[] code) {
    int size = ELF_HEADER + PROGRAM_HEADER + code.length;
    ByteBuffer b = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    b.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
    b.putShort((short) 2).putShort(machine).putInt(1);
    b.putLong(ADDRESS + ELF_HEADER + PROGRAM_HEADER).putLong(ELF_HEADER).putLong(0).putInt(0);
    b.putShort((short) ELF_HEADER).putShort((short) PROGRAM_HEADER).putShort((short) 1);
    b.putShort((short) 64).putShort((short) 0).putShort((short) 0);
    b.putInt(1).putInt(READ_AND_EXECUTE).putLong(0).putLong(ADDRESS).putLong(ADDRESS);
    b.putLong(size).putLong(size).putLong(0x1000);
    return b.put(code).array();
  }

  private static byte[] x86() {
    ByteBuffer b = ByteBuffer.allocate(0x44).order(ByteOrder.LITTLE_ENDIAN);
    b.put(bytes(0xb8, 13, 0, 0, 0)); // mov eax, rt_sigaction
    b.put(bytes(0xbf, 17, 0, 0, 0)); // mov edi, SIGCHLD
    b.put(bytes(0x48, 0x8d, 0x35, 0x13, 0, 0, 0)); // lea rsi, [rip + action]
    b.put(bytes(0x31, 0xd2)); // xor edx, edx
    b.put(bytes(0x41, 0xba, 8, 0, 0, 0)); // mov r10d, 8
    b.put(bytes(0x0f, 0x05)); // syscall
    b.put(bytes(0xb8, 34, 0, 0, 0)); // again: mov eax, pause
    b.put(bytes(0x0f, 0x05)); // syscall
    b.put(bytes(0xeb, 0xf7)); // jmp again
    // The action, at 0x24: SIG_IGN, no flags, no restorer, no mask; and the rest is nothing.
    b.position(0x24);
    b.put((byte) 1);
    return b.array();
  }

  private static byte[] arm() {
    ByteBuffer b = ByteBuffer.allocate(0x4c).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(0xd28010c8); // mov x8, rt_sigaction
    b.putInt(0xd2800220); // mov x0, SIGCHLD
    b.putInt(0x10000161); // adr x1, action
    b.putInt(0xd2800002); // mov x2, 0
    b.putInt(0xd2800103); // mov x3, 8
    b.putInt(0xd4000001); // svc 0
    b.putInt(0xd2800000); // again: mov x0, 0
    b.putInt(0xd2800001); // mov x1, 0
    b.putInt(0xd2800002); // mov x2, 0
    b.putInt(0xd2800003); // mov x3, 0
    b.putInt(0xd2800928); // mov x8, ppoll
    b.putInt(0xd4000001); // svc 0
    b.putInt(0x17fffffa); // b again
    // The action, at 0x34.
    b.put((byte) 1);
    return b.array();
  }

  private static byte[] bytes(int... values) {
    byte[] out = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = (byte) values[i];
    }
    return out;
  }
}
