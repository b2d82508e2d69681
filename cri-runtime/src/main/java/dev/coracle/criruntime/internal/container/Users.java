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
      if (!user.matches("[0-9]+")) {
        throw new IllegalArgumentException(
            "unable to find user " + user + ": no matching entries in passwd file");
      }
      uid = Integer.parseInt(user);
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
          && f[2].matches("[0-9]+")
          && f[3].matches("[0-9]+")) {
        return Optional.of(new Account(f[0], Integer.parseInt(f[2]), Integer.parseInt(f[3])));
      }
    }
    return Optional.empty();
  }

  private int group(String nameOrGid) throws IOException {
    for (String line : root.lines("/etc/group")) {
      String[] f = line.split(":");
      if (f.length >= 3 && f[0].equals(nameOrGid) && f[2].matches("[0-9]+")) {
        return Integer.parseInt(f[2]);
      }
    }
    if (!nameOrGid.matches("[0-9]+")) {
      throw new IllegalArgumentException(
          "unable to find group " + nameOrGid + ": no matching entries in group file");
    }
    return Integer.parseInt(nameOrGid);
  }

  private List<Integer> memberships(String name) {
    List<Integer> gids = new ArrayList<>();
    try {
      for (String line : root.lines("/etc/group")) {
        String[] f = line.split(":");
        if (f.length >= 4 && f[2].matches("[0-9]+") && List.of(f[3].split(",")).contains(name)) {
          gids.add(Integer.parseInt(f[2]));
        }
      }
    } catch (IOException e) {
      return gids;
    }
    return gids;
  }
}
