package dev.coracle.system.conformance;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A program that ends with the number of the user it runs as (its lowest eight bits): two calls of
 * the kernel in an ELF file, which busybox cannot stand for since it gives up rights by itself.
 */
final class EffectiveUser {

  private static final int HEADER = 64;
  private static final int SEGMENT = 56;
  private static final long BASE = 0x400000;

  private EffectiveUser() {}

  static byte[] program() {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    byte[] code = arm ? arm() : x86();
    int size = HEADER + SEGMENT + code.length;
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    out.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    out.putShort((short) 2).putShort((short) (arm ? 183 : 62)).putInt(1);
    out.putLong(BASE + HEADER + SEGMENT).putLong(HEADER).putLong(0).putInt(0);
    out.putShort((short) HEADER).putShort((short) SEGMENT).putShort((short) 1);
    out.position(HEADER);
    out.putInt(1).putInt(5).putLong(0).putLong(BASE).putLong(BASE);
    out.putLong(size).putLong(size).putLong(0x1000);
    out.put(code);
    return out.array();
  }

  /** geteuid is 107, exit is 60. */
  private static byte[] x86() {
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 0xb8)
        .putInt(107)
        .putShort((short) 0x050f)
        .putShort((short) 0xc789)
        .put((byte) 0xb8)
        .putInt(60)
        .putShort((short) 0x050f)
        .array();
  }

  /** geteuid is 175, exit is 93; the one's result is the other's argument. */
  private static byte[] arm() {
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0xd2800008 | 175 << 5)
        .putInt(0xd4000001)
        .putInt(0xd2800008 | 93 << 5)
        .putInt(0xd4000001)
        .array();
  }
}
