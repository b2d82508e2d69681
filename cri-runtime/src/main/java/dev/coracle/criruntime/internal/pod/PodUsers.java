package dev.coracle.criruntime.internal.pod;

import dev.coracle.criruntime.internal.container.HostTools;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes user namespaces. A process of many threads cannot enter one, so a small child makes it,
 * together with the other namespaces that it is to own, and stays until they are held by others.
 */
public final class PodUsers implements AutoCloseable {
  private static final int CHILD_SECONDS = 10;
  private final Process child;

  private PodUsers(Process child) {
    this.child = child;
  }

  /**
   * @param others namespaces besides that of users, as unshare(1) calls them
   */
  public static PodUsers create(UserNamespace users, List<String> others) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(
        HostTools.find("unshare")
            .orElseThrow(() -> new IOException("user namespaces need unshare (util-linux)"))
            .toString());
    command.add("--user");
    others.forEach(name -> command.add("--" + name));
    command.addAll(List.of("--", "/bin/sh", "-c", "echo made; read -r x"));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    PodUsers made = new PodUsers(builder.start());
    try {
      made.map(users);
      return made;
    } catch (IOException | RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private void map(UserNamespace users) throws IOException {
    BufferedReader said = child.inputReader();
    String line = said.readLine();
    if (!"made".equals(line)) {
      throw new IOException("the pod's user namespace cannot be made: " + line);
    }
    Path process = Path.of("/proc/" + child.pid());
    Files.writeString(process.resolve("uid_map"), UserNamespace.map(users.uids()));
    Files.writeString(process.resolve("gid_map"), UserNamespace.map(users.gids()));
  }

  /** Where the kernel shows one of the namespaces while this is open. */
  public String file(String name) {
    return "/proc/" + child.pid() + "/ns/" + name;
  }

  @Override
  public void close() {
    try {
      child.getOutputStream().close();
      if (!child.waitFor(CHILD_SECONDS, java.util.concurrent.TimeUnit.SECONDS)) {
        child.destroyForcibly();
      }
    } catch (IOException e) {
      child.destroyForcibly();
    } catch (InterruptedException e) {
      child.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
