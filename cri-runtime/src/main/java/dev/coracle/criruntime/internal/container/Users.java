package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.LinuxContainerSecurityContext;
import dev.coracle.cri.v1.SupplementalGroupsPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Who a container's process runs as: names are looked up in the image's own files. */
final class Users {
  record User(int uid, int gid, List<Integer> groups) {}

  private record Account(String name, int uid, int gid) {}

  private final RootView root;

  Users(RootView root) {
    this.root = root;
  }

  /**
   * The security context's user if it names one, else the image's.
   *
   * @throws IllegalArgumentException a name that the image does not know
   */
  User resolve(LinuxContainerSecurityContext context, String imageUser) throws IOException {
    String user;
    String group = "";
    if (context.hasRunAsUser()) {
      user = Long.toString(context.getRunAsUser().getValue());
    } else if (!context.getRunAsUsername().isEmpty()) {
      user = context.getRunAsUsername();
    } else {
      int colon = imageUser.indexOf(':');
      user = colon < 0 ? imageUser : imageUser.substring(0, colon);
      group = colon < 0 ? "" : imageUser.substring(colon + 1);
    }
    if (user.isEmpty()) {
      user = "0";
    }
    Optional<Account> account = account(user);
    int uid = account.map(Account::uid).orElse(-1);
    if (uid < 0) {
      uid = number(user, "unable to find user " + user + ": no matching entries in passwd file");
    }
    int gid;
    if (context.hasRunAsGroup()) {
      gid = (int) context.getRunAsGroup().getValue();
    } else if (!group.isEmpty()) {
      gid = group(group);
    } else {
      gid = account.map(Account::gid).orElse(0);
    }
    Set<Integer> groups = new LinkedHashSet<>();
    groups.add(gid);
    if (context.getSupplementalGroupsPolicy() != SupplementalGroupsPolicy.Strict) {
      groups.addAll(account.map(a -> memberships(a.name())).orElse(List.of()));
    }
    context.getSupplementalGroupsList().forEach(g -> groups.add(g.intValue()));
    return new User(uid, gid, List.copyOf(groups));
  }

  private Optional<Account> account(String nameOrUid) throws IOException {
    for (String line : root.lines("/etc/passwd")) {
      String[] f = line.split(":");
      if (f.length >= 4
          && (f[0].equals(nameOrUid) || f[2].equals(nameOrUid))
          && id(f[2]) >= 0
          && id(f[3]) >= 0) {
        return Optional.of(new Account(f[0], id(f[2]), id(f[3])));
      }
    }
    return Optional.empty();
  }

  private int group(String nameOrGid) throws IOException {
    for (String line : root.lines("/etc/group")) {
      String[] f = line.split(":");
      if (f.length >= 3 && f[0].equals(nameOrGid) && id(f[2]) >= 0) {
        return id(f[2]);
      }
    }
    return number(
        nameOrGid, "unable to find group " + nameOrGid + ": no matching entries in group file");
  }

  private static int number(String text, String otherwise) {
    if (!text.matches("[0-9]+")) {
      throw new IllegalArgumentException(otherwise);
    }
    int id = id(text);
    if (id < 0) {
      throw new IllegalArgumentException("uids and gids must be in range 0-" + Integer.MAX_VALUE);
    }
    return id;
  }

  /** -1 for what is none: an image may have anything in its files. */
  private static int id(String text) {
    long number = text.matches("[0-9]{1,10}") ? Long.parseLong(text) : -1;
    return number <= Integer.MAX_VALUE ? (int) number : -1;
  }

  private List<Integer> memberships(String name) {
    List<Integer> gids = new ArrayList<>();
    try {
      for (String line : root.lines("/etc/group")) {
        String[] f = line.split(":");
        if (f.length >= 4 && id(f[2]) >= 0 && List.of(f[3].split(",")).contains(name)) {
          gids.add(id(f[2]));
        }
      }
    } catch (IOException e) {
      return gids;
    }
    return gids;
  }
}
