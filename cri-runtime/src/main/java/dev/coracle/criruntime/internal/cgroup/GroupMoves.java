package dev.coracle.criruntime.internal.cgroup;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Makes the kernel ready to move a process into a group, before one is moved.
 *
 * <p>Who writes to {@code cgroup.procs} takes the kernel's {@code cgroup_threadgroup_rwsem} for
 * writing, and the first to do so waits for an RCU grace period, 10 to 20 ms; those that come
 * within a grace period after it do not wait. An OCI runtime makes such a move for every container,
 * in the middle of its start. So this process is moved to where it is already, which changes
 * nothing, while the pod's network and the container's files are being made. Thread-safe.
 */
public final class GroupMoves {
  private static final String THIS_PROCESS = "0";
  private static final long IDLE_SECONDS = 10;

  private final Optional<Path> own;

  /** While one waits for the kernel, another one would gain nothing. */
  private final ThreadPoolExecutor waiting =
      new ThreadPoolExecutor(
          0,
          1,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          work -> Thread.ofPlatform().name("cri-group-moves").daemon(true).unstarted(work),
          new ThreadPoolExecutor.DiscardPolicy());

  public GroupMoves(CgroupHost host) {
    this(host, CgroupFiles.lines(Path.of("/proc/self/cgroup")));
  }

  GroupMoves(CgroupHost host, List<String> membership) {
    this.own = ownProcs(host, membership);
  }

  /** A process will be moved soon. Returns at once. */
  public void expect() {
    own.ifPresent(file -> waiting.execute(() -> CgroupFiles.tryWrite(file, THIS_PROCESS)));
  }

  /**
   * Where this process's membership of a hierarchy can be written; any hierarchy will do, since the
   * lock is of all.
   *
   * @param membership lines of {@code /proc/self/cgroup} (cgroups(7))
   */
  static Optional<Path> ownProcs(CgroupHost host, List<String> membership) {
    return membership.stream()
        .map(line -> line.split(":", 3))
        .filter(parts -> parts.length == 3)
        .flatMap(parts -> mount(host, parts[1]).map(at -> procs(at, parts[2])).stream())
        .filter(Files::isWritable)
        .findFirst();
  }

  private static Optional<Path> mount(CgroupHost host, String controllers) {
    return controllers.isEmpty()
        ? host.unified()
        : Optional.ofNullable(host.controllers().get(controllers.split(",", 2)[0]));
  }

  private static Path procs(Path mount, String group) {
    return mount.resolve(group.substring(1)).resolve("cgroup.procs");
  }
}
