package dev.coracle.criruntime.internal.pod;

import dev.coracle.cri.v1.IDMapping;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.NamespaceOption;
import java.util.List;
import java.util.Optional;

/**
 * The users and groups of a pod that has a user namespace of its own, and what they are on the host
 * (KEP-127). Root is always among them.
 */
public record UserNamespace(List<IDMapping> uids, List<IDMapping> gids) {
  /** The kernel takes no more lines (user_namespaces(7)). */
  private static final int MAX_RANGES = 340;

  public UserNamespace {
    uids = List.copyOf(uids);
    gids = List.copyOf(gids);
  }

  /**
   * Empty for a pod of the host's users.
   *
   * @throws IllegalArgumentException what is asked for makes no sense
   */
  public static Optional<UserNamespace> of(NamespaceOption options) {
    if (!options.hasUsernsOptions() || options.getUsernsOptions().getMode() == NamespaceMode.NODE) {
      return Optional.empty();
    }
    if (options.getUsernsOptions().getMode() != NamespaceMode.POD) {
      throw new IllegalArgumentException(
          "a user namespace is the node's or the pod's, not "
              + options.getUsernsOptions().getMode());
    }
    for (NamespaceMode mode : List.of(options.getNetwork(), options.getIpc(), options.getPid())) {
      if (mode == NamespaceMode.NODE) {
        throw new IllegalArgumentException(
            "a pod with a user namespace has network, IPC and PID namespaces of its own");
      }
    }
    return Optional.of(
        new UserNamespace(
            checked("uid", options.getUsernsOptions().getUidsList()),
            checked("gid", options.getUsernsOptions().getGidsList())));
  }

  private static List<IDMapping> checked(String what, List<IDMapping> ranges) {
    if (ranges.stream().noneMatch(r -> r.getContainerId() == 0 && r.getLength() > 0)) {
      throw new IllegalArgumentException("user namespace: " + what + " 0 is not mapped");
    }
    if (ranges.size() > MAX_RANGES) {
      throw new IllegalArgumentException("user namespace: too many ranges of " + what + "s");
    }
    for (IDMapping r : ranges) {
      long end = Math.max(unsigned(r.getHostId()), unsigned(r.getContainerId()));
      if (r.getLength() == 0 || end + unsigned(r.getLength()) > 0xffff_ffffL) {
        throw new IllegalArgumentException("user namespace: no such range of " + what + "s");
      }
    }
    return ranges;
  }

  private static long unsigned(int id) {
    return Integer.toUnsignedLong(id);
  }

  /**
   * What a user of the pod is on the host.
   *
   * @throws IllegalArgumentException it is nobody there
   */
  public int hostUid(int uid) {
    return host("user", uids, uid);
  }

  /** As {@link #hostUid} for a group. */
  public int hostGid(int gid) {
    return host("group", gids, gid);
  }

  private static int host(String what, List<IDMapping> ranges, int id) {
    for (IDMapping r : ranges) {
      long offset = unsigned(id) - unsigned(r.getContainerId());
      if (offset >= 0 && offset < unsigned(r.getLength())) {
        return (int) (unsigned(r.getHostId()) + offset);
      }
    }
    throw new IllegalArgumentException(
        what + " " + Integer.toUnsignedString(id) + " is not mapped in the pod's user namespace");
  }

  /** Ranges as {@code /proc/PID/uid_map} takes them. */
  static String map(List<IDMapping> ranges) {
    StringBuilder text = new StringBuilder();
    for (IDMapping r : ranges) {
      text.append(unsigned(r.getContainerId())).append(' ');
      text.append(unsigned(r.getHostId())).append(' ');
      text.append(unsigned(r.getLength())).append('\n');
    }
    return text.toString();
  }
}
