package dev.coracle.criruntime.internal.cgroup;

import dev.coracle.criruntime.internal.linux.Processes;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * One control group: the same path in every hierarchy that matters. Stateless, so any thread may
 * use it; all methods block on the kernel for microseconds.
 */
public final class Cgroup {
  private static final List<String> V1_CONTROLLERS =
      List.of(
          "cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio", "hugetlb");
  private static final int REMOVE_ATTEMPTS = 200;
  private static final long REMOVE_PAUSE_NANOS = 1_000_000;

  private final CgroupHost host;
  private final String path;

  Cgroup(CgroupHost host, String path) {
    this.host = host;
    this.path = path;
  }

  public String path() {
    return path;
  }

  public CgroupHost host() {
    return host;
  }

  public Cgroup child(String name) {
    return new Cgroup(host, path.equals("/") ? "/" + name : path + "/" + name);
  }

  /** Its directory for a version 1 controller, or in the unified hierarchy where that limits. */
  public Path directory(String controller) {
    Path mount = host.controllers().get(controller);
    return (mount != null ? mount : host.unified().orElse(Path.of("/nonexistent")))
        .resolve(path.substring(1));
  }

  /** All its directories, by version 1 controller; {@code unified} is version 2's. */
  public Map<String, Path> directories() {
    Map<String, Path> all = new LinkedHashMap<>();
    for (String controller : V1_CONTROLLERS) {
      Path mount = host.controllers().get(controller);
      if (mount != null) {
        all.put(controller, mount.resolve(path.substring(1)));
      }
    }
    host.unified().ifPresent(u -> all.put("unified", u.resolve(path.substring(1))));
    return all;
  }

  /** Makes the group and its parents, with the controllers enabled where that must be asked for. */
  public void create() throws IOException {
    for (Map.Entry<String, Path> e : directories().entrySet()) {
      if (Files.isDirectory(e.getValue())) {
        continue;
      }
      Path cpuset = host.controllers().get("cpuset");
      if (cpuset != null && e.getKey().equals("cpuset")) {
        createCpuset(cpuset, e.getValue());
      } else if (e.getKey().equals("unified") && host.isV2()) {
        createUnified(host.unified().orElseThrow(), e.getValue());
      } else {
        Files.createDirectories(e.getValue());
      }
    }
  }

  /** Pods that start at the same time make the same parents. */
  private static void make(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      try {
        Files.createDirectory(directory);
      } catch (FileAlreadyExistsException e) {
        // Another one was faster.
      }
    }
  }

  private static void createCpuset(Path mount, Path directory) throws IOException {
    Path current = mount;
    for (Path part : mount.relativize(directory)) {
      Path next = current.resolve(part);
      make(next);
      for (String file : List.of("cpuset.cpus", "cpuset.mems")) {
        if (Files.readString(next.resolve(file)).isBlank()) {
          Files.writeString(next.resolve(file), Files.readString(current.resolve(file)).strip());
        }
      }
      current = next;
    }
  }

  private static void createUnified(Path mount, Path directory) throws IOException {
    Path current = mount;
    for (Path part : mount.relativize(directory)) {
      for (String controller : List.of("cpu", "memory", "pids", "cpuset", "io", "hugetlb")) {
        CgroupFiles.tryWrite(current.resolve("cgroup.subtree_control"), "+" + controller);
      }
      current = current.resolve(part);
      make(current);
    }
  }

  /** Moves a process, with what it starts from now on, into the group. */
  public void attach(int pid) throws IOException {
    for (Path directory : new LinkedHashSet<>(directories().values())) {
      CgroupFiles.write(directory.resolve("cgroup.procs"), Integer.toString(pid));
    }
  }

  public boolean exists() {
    return directories().values().stream().anyMatch(Files::isDirectory);
  }

  /** All processes of the group and of groups below it. */
  public Set<Integer> processes() {
    Set<Integer> pids = new LinkedHashSet<>();
    for (Path directory : directories().values()) {
      if (Files.isDirectory(directory)) {
        for (Path d : subtree(directory)) {
          CgroupFiles.lines(d.resolve("cgroup.procs"))
              .forEach(line -> pids.add(Integer.parseInt(line.strip())));
        }
      }
    }
    pids.remove(0);
    return pids;
  }

  /** Kills everything in the group and below, in one step where the kernel can. */
  public void kill() {
    host.unified()
        .map(u -> u.resolve(path.substring(1)).resolve("cgroup.kill"))
        .filter(Files::exists)
        .ifPresent(file -> CgroupFiles.tryWrite(file, "1"));
    for (int pid : processes()) {
      Processes.kill(pid, Processes.SIGKILL);
    }
  }

  /** Removes the group and those below it; processes that are just dying are waited for briefly. */
  public void remove() throws IOException {
    LinkedHashSet<Path> everywhere = new LinkedHashSet<>(directories().values());
    host.named().forEach(mount -> everywhere.add(mount.resolve(path.substring(1))));
    for (Path directory : everywhere) {
      if (!Files.isDirectory(directory)) {
        continue;
      }
      List<Path> all = subtree(directory);
      for (Path d : all.reversed()) {
        removeOne(d);
      }
    }
  }

  private static void removeOne(Path directory) throws IOException {
    for (int attempt = 0; ; attempt++) {
      try {
        Files.deleteIfExists(directory);
        return;
      } catch (DirectoryNotEmptyException | NoSuchFileException e) {
        throw e;
      } catch (IOException busy) {
        if (attempt == REMOVE_ATTEMPTS) {
          throw busy;
        }
        LockSupport.parkNanos(REMOVE_PAUSE_NANOS);
      }
    }
  }

  private static List<Path> subtree(Path directory) {
    List<Path> all = new ArrayList<>();
    all.add(directory);
    for (int i = 0; i < all.size(); i++) {
      try (var children = Files.newDirectoryStream(all.get(i))) {
        for (Path child : children) {
          if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
            all.add(child);
          }
        }
      } catch (IOException gone) {
        // A group that vanished while we looked has no processes.
      }
    }
    return all;
  }
}
