package dev.coracle.kubelet.internal.dbus;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * One message. Texts that are not there are empty.
 *
 * @param serial of the sender; 0 before it is sent
 * @param replySerial whose answer this is
 * @param body marshalled by {@code signature}, in {@code order}
 * @param descriptors came with it, and belong to whoever gets it
 */
public record DBusMessage(
    Type type,
    int serial,
    int replySerial,
    String path,
    String face,
    String member,
    String error,
    String destination,
    String sender,
    String signature,
    byte[] body,
    ByteOrder order,
    List<Integer> descriptors) {

  /** In the order of their numbers, from 1. */
  public enum Type {
    CALL,
    RETURN,
    ERROR,
    SIGNAL
  }

  private static final int NO_AUTO_START = 2;
  private static final int FIXED_BYTES = 16;

  /** The specification's limit of a message is 128 MiB; nothing that is asked here is large. */
  private static final int MAX_BYTES = 1 << 20;

  private static final int PATH = 1;
  private static final int INTERFACE = 2;
  private static final int MEMBER = 3;
  private static final int ERROR_NAME = 4;
  private static final int REPLY_SERIAL = 5;
  private static final int DESTINATION = 6;
  private static final int SENDER = 7;
  private static final int SIGNATURE = 8;
  private static final int UNIX_FDS = 9;

  public static DBusMessage call(
      String destination, String path, String face, String member, String signature, byte[] body) {
    return new DBusMessage(
        Type.CALL,
        0,
        0,
        path,
        face,
        member,
        "",
        destination,
        "",
        signature,
        body,
        ByteOrder.LITTLE_ENDIAN,
        List.of());
  }

  /** The answer to this call. */
  public DBusMessage answer(String itsSignature, byte[] itsBody) {
    return new DBusMessage(
        Type.RETURN,
        0,
        serial,
        "",
        "",
        "",
        "",
        sender,
        "",
        itsSignature,
        itsBody,
        ByteOrder.LITTLE_ENDIAN,
        List.of());
  }

  public DBusReader read() {
    return new DBusReader(body, order);
  }

  /** As it goes over the wire. */
  byte[] encode(int itsSerial) {
    DBusWriter fields = new DBusWriter();
    field(fields, PATH, "o", path);
    field(fields, INTERFACE, "s", face);
    field(fields, MEMBER, "s", member);
    field(fields, ERROR_NAME, "s", error);
    field(fields, DESTINATION, "s", destination);
    if (replySerial != 0) {
      fields.align(8).octet(REPLY_SERIAL).signature("u").int32(replySerial);
    }
    if (!signature.isEmpty()) {
      fields.align(8).octet(SIGNATURE).signature("g").signature(signature);
    }
    byte[] header = fields.bytes();
    return new DBusWriter()
        .octet('l')
        .octet(type.ordinal() + 1)
        .octet(NO_AUTO_START)
        .octet(1)
        .int32(body.length)
        .int32(itsSerial)
        .int32(header.length)
        .raw(header)
        .align(8)
        .raw(body)
        .bytes();
  }

  private static void field(DBusWriter to, int code, String type, String value) {
    if (!value.isEmpty()) {
      to.align(8).octet(code).signature(type).string(value);
    }
  }

  private static ByteOrder order(byte first) throws IOException {
    return switch (first) {
      case 'l' -> ByteOrder.LITTLE_ENDIAN;
      case 'B' -> ByteOrder.BIG_ENDIAN;
      default -> throw new IOException("not a D-Bus message");
    };
  }

  /** How long the message is that begins so; -1 while that cannot be known yet. */
  static int length(byte[] bytes, int available) throws IOException {
    if (available < FIXED_BYTES) {
      return -1;
    }
    DBusReader in = new DBusReader(bytes, order(bytes[0]));
    in.int32();
    long body = Integer.toUnsignedLong(in.int32());
    in.int32();
    long header = Integer.toUnsignedLong(in.int32());
    long length = (FIXED_BYTES + header + 7) / 8 * 8 + body;
    if (length > MAX_BYTES) {
      throw new IOException("a D-Bus message of " + length + " bytes");
    }
    return (int) length;
  }

  /** How many of the descriptors that came belong to this message. */
  record Decoded(DBusMessage message, int descriptors) {}

  /**
   * @param bytes one whole message
   */
  static Decoded decode(byte[] bytes) throws IOException {
    ByteOrder order = order(bytes[0]);
    DBusReader in = new DBusReader(bytes, order);
    in.octet();
    int type = in.octet();
    in.octet();
    in.octet();
    int bodyLength = in.int32();
    int serial = in.int32();
    int end = FIXED_BYTES + in.int32();
    String[] texts = new String[SIGNATURE + 1];
    Arrays.fill(texts, "");
    int replySerial = 0;
    int descriptors = 0;
    while (in.position() < end) {
      in.align(8);
      int code = in.octet();
      String of = in.signature();
      switch (of) {
        case "s", "o" -> put(texts, code, in.string());
        case "g" -> put(texts, code, in.signature());
        case "u" -> {
          int value = in.int32();
          if (code == REPLY_SERIAL) {
            replySerial = value;
          } else if (code == UNIX_FDS) {
            descriptors = value;
          }
        }
        default -> throw new IOException("a D-Bus header field of type " + of);
      }
    }
    if (in.position() != end) {
      throw new IOException("a D-Bus header that does not end where it says");
    }
    in.align(8);
    byte[] body = Arrays.copyOfRange(bytes, in.position(), in.position() + bodyLength);
    if (type < 1 || type > Type.values().length) {
      throw new IOException("a D-Bus message of type " + type);
    }
    return new Decoded(
        new DBusMessage(
            Type.values()[type - 1],
            serial,
            replySerial,
            texts[PATH],
            texts[INTERFACE],
            texts[MEMBER],
            texts[ERROR_NAME],
            texts[DESTINATION],
            texts[SENDER],
            texts[SIGNATURE],
            body,
            order,
            List.of()),
        descriptors);
  }

  private static void put(String[] texts, int code, String value) {
    if (code < texts.length) {
      texts[code] = value;
    }
  }

  DBusMessage with(List<Integer> itsDescriptors) {
    return new DBusMessage(
        type,
        serial,
        replySerial,
        path,
        face,
        member,
        error,
        destination,
        sender,
        signature,
        body,
        order,
        List.copyOf(itsDescriptors));
  }
}
