package dev.coracle.criruntime.internal.linux;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests of route netlink (RFC 3549; the kernel's {@code rtnetlink(7)}) about devices, addresses
 * and routes, one after another in one datagram. The kernel works on them in order and answers each
 * once; it goes on after one that failed. Not thread-safe; build, send once.
 */
public final class RouteMessages {
  private static final int CAPACITY = 4096;

  private static final short REQUEST = 0x001;
  private static final short ACK = 0x004;
  private static final short REPLACE = 0x100;
  private static final short EXCLUSIVE = 0x200;
  private static final short CREATE = 0x400;

  private static final short NEW_LINK = 16;
  private static final short DELETE_LINK = 17;
  private static final short GET_LINK = 18;
  private static final short NEW_ADDRESS = 20;
  private static final short NEW_ROUTE = 24;
  private static final short DELETE_NEIGHBOUR = 29;

  private static final short NEIGHBOUR = 1;
  private static final short LINK_MTU = 4;
  static final short LINK_PEER = 5;
  private static final short LINK_NAME = 3;
  private static final short LINK_ADDRESS = 1;
  private static final short LINK_MASTER = 10;
  private static final short LINK_INFO = 18;
  private static final short LINK_NAMESPACE_FD = 28;
  private static final short INFO_KIND = 1;
  private static final short INFO_DATA = 2;
  private static final short INFO_SLAVE_KIND = 4;
  private static final short INFO_SLAVE_DATA = 5;
  private static final short VETH_PEER = 1;
  private static final short PORT_HAIRPIN = 4;

  private static final short ADDRESS = 1;
  private static final short ADDRESS_LOCAL = 2;
  private static final short ROUTE_TO = 1;
  private static final short ROUTE_DEVICE = 4;
  private static final short ROUTE_GATEWAY = 5;

  private static final byte INET = 2;
  private static final byte INET6 = 10;
  private static final int INET_BYTES = 4;

  /** Without duplicate address detection (RFC 4862): an IPv6 address is of use at once. */
  private static final byte NO_DETECTION = 2;

  private static final int UP = 1;
  private static final byte MAIN_TABLE = (byte) 254;
  private static final byte BOOT_PROTOCOL = 3;
  private static final byte UNICAST = 1;
  private static final byte SCOPE_LINK = (byte) 253;

  private final ByteBuffer out = ByteBuffer.allocate(CAPACITY).order(ByteOrder.nativeOrder());
  private final List<String> names = new ArrayList<>();
  private int begun;

  /**
   * Two devices that are the ends of one cable.
   *
   * @param mtu of both, 0 for the kernel's choice
   * @param master index of the bridge that the near end is put into
   * @param namespace descriptor of the network namespace of the far end
   */
  public RouteMessages cable(String near, String far, int mtu, int master, int namespace) {
    begin("add device " + near, NEW_LINK, CREATE | EXCLUSIVE | ACK);
    device(0, UP);
    text(LINK_NAME, near);
    number(LINK_MASTER, master);
    mtu(mtu);
    int info = nest(LINK_INFO);
    text(INFO_KIND, "veth");
    int data = nest(INFO_DATA);
    int peer = nest(VETH_PEER);
    device(0, 0);
    text(LINK_NAME, far);
    mtu(mtu);
    number(LINK_NAMESPACE_FD, namespace);
    close(peer);
    close(data);
    close(info);
    return end();
  }

  public RouteMessages bridge(String name, byte[] hardware) {
    begin("add bridge " + name, NEW_LINK, CREATE | EXCLUSIVE | ACK);
    device(0, 0);
    text(LINK_NAME, name);
    attribute(LINK_ADDRESS, hardware);
    int info = nest(LINK_INFO);
    text(INFO_KIND, "bridge");
    close(info);
    return end();
  }

  /** Lets a bridge send back through the port that a frame came from. */
  public RouteMessages hairpin(String port) {
    begin("hairpin of " + port, NEW_LINK, ACK);
    device(0, 0);
    text(LINK_NAME, port);
    int info = nest(LINK_INFO);
    text(INFO_SLAVE_KIND, "bridge");
    int data = nest(INFO_SLAVE_DATA);
    attribute(PORT_HAIRPIN, new byte[] {1});
    close(data);
    close(info);
    return end();
  }

  /**
   * @param mtu 0 leaves it as it is
   */
  public RouteMessages up(String name, int mtu) {
    begin("bring up " + name, NEW_LINK, ACK);
    device(0, UP);
    text(LINK_NAME, name);
    mtu(mtu);
    return end();
  }

  public RouteMessages delete(String name) {
    begin("delete device " + name, DELETE_LINK, ACK);
    device(0, 0);
    text(LINK_NAME, name);
    return end();
  }

  /** The answer is a device's description; see {@link RouteSocket.Answer}. */
  public RouteMessages describe(String name) {
    begin("look at device " + name, GET_LINK, 0);
    device(0, 0);
    text(LINK_NAME, name);
    return end();
  }

  /** Gives a device an address, whether it has it or not. */
  public RouteMessages address(int device, String ip, int prefixLength) {
    byte[] address = bytes(ip);
    boolean six = address.length > INET_BYTES;
    begin("add address " + ip, NEW_ADDRESS, CREATE | REPLACE | ACK);
    out.put(family(address)).put((byte) prefixLength).put(six ? NO_DETECTION : 0).put((byte) 0);
    out.putInt(device);
    attribute(ADDRESS_LOCAL, address);
    attribute(ADDRESS, address);
    return end();
  }

  /** A single address is reached directly through this device. */
  public RouteMessages neighbour(int device, String ip) {
    begin("add route to " + ip, NEW_ROUTE, CREATE | EXCLUSIVE | ACK);
    byte[] address = bytes(ip);
    route(family(address), Byte.SIZE * address.length, SCOPE_LINK);
    attribute(ROUTE_TO, address);
    number(ROUTE_DEVICE, device);
    return end();
  }

  /** Where an address was on this link is not known any more. */
  public RouteMessages forget(int device, String ip) {
    begin("forget neighbour " + ip, DELETE_NEIGHBOUR, ACK);
    byte[] address = bytes(ip);
    out.put(family(address)).put((byte) 0).putShort((short) 0);
    out.putInt(device);
    out.putShort((short) 0).put((byte) 0).put((byte) 0);
    attribute(NEIGHBOUR, address);
    return end();
  }

  public RouteMessages defaultRoute(int device, String gateway) {
    begin("add default route", NEW_ROUTE, CREATE | EXCLUSIVE | ACK);
    byte[] address = bytes(gateway);
    route(family(address), 0, (byte) 0);
    attribute(ROUTE_GATEWAY, address);
    number(ROUTE_DEVICE, device);
    return end();
  }

  /** What each request is about, in order. */
  List<String> names() {
    return List.copyOf(names);
  }

  byte[] bytes() {
    byte[] bytes = new byte[out.position()];
    out.get(0, bytes);
    return bytes;
  }

  private void begin(String what, short type, int flags) {
    begun = out.position();
    out.putInt(0).putShort(type).putShort((short) (REQUEST | flags)).putInt(names.size()).putInt(0);
    names.add(what);
  }

  private RouteMessages end() {
    out.putInt(begun, out.position() - begun);
    return this;
  }

  private void device(int index, int flags) {
    out.put((byte) 0).put((byte) 0).putShort((short) 0).putInt(index).putInt(flags).putInt(flags);
  }

  private void route(byte family, int bits, byte scope) {
    out.put(family).put((byte) bits).put((byte) 0).put((byte) 0);
    out.put(MAIN_TABLE).put(BOOT_PROTOCOL).put(scope).put(UNICAST).putInt(0);
  }

  private void mtu(int mtu) {
    if (mtu > 0) {
      number(LINK_MTU, mtu);
    }
  }

  private int nest(short type) {
    int at = out.position();
    out.putShort((short) 0).putShort(type);
    return at;
  }

  private void close(int nested) {
    out.putShort(nested, (short) (out.position() - nested));
  }

  private void text(short type, String text) {
    attribute(type, (text + "\0").getBytes(StandardCharsets.UTF_8));
  }

  private void number(short type, int value) {
    attribute(type, ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array());
  }

  private void attribute(short type, byte[] value) {
    out.putShort((short) (4 + value.length)).putShort(type).put(value);
    while (out.position() % 4 != 0) {
      out.put((byte) 0);
    }
  }

  private static byte family(byte[] address) {
    return address.length == INET_BYTES ? INET : INET6;
  }

  private static byte[] bytes(String ip) {
    return InetAddress.ofLiteral(ip).getAddress();
  }
}
