package dev.coracle.criruntime.internal.container;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.Device;
import dev.coracle.cri.v1.IDMapping;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.criruntime.internal.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes a container as the {@code config.json} of the OCI runtime specification. */
final class OciSpec {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Launch launch;
  private final ObjectNode root = JSON.createObjectNode();
  private final ArrayNode mounts;
  private final Optional<IdMappedRoot> mapped;
  private final SharedBinds shared;

  OciSpec(Launch launch) {
    this.launch = launch;
    this.shared = new SharedBinds(launch);
    this.mapped = launch.sandbox().userNamespace().map(_ -> new IdMappedRoot(launch));
    root.put("ociVersion", "1.0.2");
    ObjectNode process = process(launch.process(), launch.config().getTty());
    AppArmorProfiles.of(launch.security().getApparmor())
        .ifPresent(profile -> process.put("apparmorProfile", profile));
    root.set("process", process);
    root.putObject("root")
        .put("path", mapped.map(IdMappedRoot::rootfs).orElse(launch.rootfs()).toString())
        .put("readonly", launch.security().getReadonlyRootfs());
    mounts = root.putArray("mounts");
  }

  /** Who tells, into which pipe, that the container runs. */
  record Hook(Path shell, Path statusPipe) {}

  /**
   * @param hook empty where the runtime itself tells
   */
  byte[] write(Optional<Hook> hook) throws IOException {
    kernelFileSystems();
    binds();
    linux();
    int score = (int) launch.config().getLinux().getResources().getOomScoreAdj();
    if (score >= ownOomScore()) {
      ((ObjectNode) root.get("process")).put("oomScoreAdj", score);
    }
    hook.ifPresent(this::poststart);
    return JSON.writeValueAsBytes(root);
  }

  private void poststart(Hook hook) {
    String say =
        "s=; while read -r l || [ -n \"$l\" ]; do s=\"$s$l\"; done; echo \"state $s\" > "
            + WaiterScripts.quote(hook.statusPipe().toString());
    ObjectNode n = root.putObject("hooks").putArray("poststart").addObject();
    n.put("path", hook.shell().toString());
    n.putArray("args").add("sh").add("-c").add(say);
  }

  // Lowering it needs a capability that we may lack, and then the runtime would fail.
  private static int ownOomScore() {
    try {
      return Integer.parseInt(Files.readString(Path.of("/proc/self/oom_score_adj")).strip());
    } catch (IOException e) {
      return 0;
    }
  }

  static ObjectNode process(ProcessSpec p, boolean terminal) {
    ObjectNode n = JSON.createObjectNode().put("terminal", terminal).put("cwd", p.cwd());
    p.argv().forEach(n.putArray("args")::add);
    p.env().forEach(n.putArray("env")::add);
    ObjectNode user = n.putObject("user").put("uid", p.uid()).put("gid", p.gid());
    p.groups().forEach(user.putArray("additionalGids")::add);
    ObjectNode capabilities = n.putObject("capabilities");
    for (String set : List.of("bounding", "effective", "permitted")) {
      ArrayNode names = capabilities.putArray(set);
      p.bounding().forEach(c -> names.add("CAP_" + c));
    }
    if (!p.ambient().isEmpty()) {
      for (String set : List.of("inheritable", "ambient")) {
        ArrayNode names = capabilities.putArray(set);
        p.ambient().forEach(c -> names.add("CAP_" + c));
      }
    }
    n.put("noNewPrivileges", p.noNewPrivileges());
    return n;
  }

  private void mount(String type, String source, String at, String... options) {
    ObjectNode m =
        mounts.addObject().put("destination", at).put("type", type).put("source", source);
    ArrayNode list = m.putArray("options");
    for (String option : options) {
      list.add(option);
    }
  }

  private void kernelFileSystems() {
    String access = launch.privileged() ? "rw" : "ro";
    mount("proc", "proc", "/proc", "nosuid", "noexec", "nodev");
    mount("tmpfs", "tmpfs", "/dev", "nosuid", "strictatime", "mode=755", "size=65536k");
    mount(
        "devpts",
        "devpts",
        "/dev/pts",
        "nosuid",
        "noexec",
        "newinstance",
        "ptmxmode=0666",
        "mode=0620",
        "gid=5");
    mount("mqueue", "mqueue", "/dev/mqueue", "nosuid", "noexec", "nodev");
    Path memory = mapped.map(IdMappedRoot::sharedMemory).orElse(launch.sandbox().sharedMemory());
    mount("bind", memory.toString(), "/dev/shm", "rbind", "rw");
    mount("sysfs", "sysfs", "/sys", "nosuid", "noexec", "nodev", access);
    mount("cgroup", "cgroup", "/sys/fs/cgroup", "nosuid", "noexec", "nodev", "relatime", access);
  }

  private void binds() {
    List<MountPlan.Bind> binds = launch.mounts().binds();
    for (int i = 0; i < binds.size(); i++) {
      MountPlan.Bind b = binds.get(i);
      List<String> options = new ArrayList<>();
      options.add("rbind");
      options.add(
          switch (b.propagation()) {
            case PROPAGATION_HOST_TO_CONTAINER -> "rslave";
            case PROPAGATION_BIDIRECTIONAL -> "rshared";
            case PROPAGATION_PRIVATE, UNRECOGNIZED -> "rprivate";
          });
      options.add(b.recursiveReadOnly() ? "rro" : b.readOnly() ? "ro" : "rw");
      if (mapped.isPresent()) {
        String source = mapped.get().bind(i).toString();
        mount("bind", source, b.target(), options.toArray(String[]::new));
      } else if (b.isImage()) {
        mount(
            "overlay",
            "overlay",
            b.target(),
            "ro",
            "lowerdir=" + String.join(":", b.source().stream().map(Path::toString).toList()));
      } else {
        mount("bind", shared.source(i).toString(), b.target(), options.toArray(String[]::new));
      }
    }
  }

  private void linux() throws IOException {
    ObjectNode linux = root.putObject("linux");
    namespaces(linux.putArray("namespaces"));
    launch
        .sandbox()
        .userNamespace()
        .ifPresent(users -> {
          ids(linux.putArray("uidMappings"), users.uids());
          ids(linux.putArray("gidMappings"), users.gids());
        });
    linux.put("cgroupsPath", launch.cgroup().path());
    linux.put("rootfsPropagation", shared.isEmpty() ? "rslave" : "rshared");
    resources(linux.putObject("resources"), launch.config().getLinux().getResources());
    ArrayNode devices = linux.putArray("devices");
    for (Device d : launch.config().getDevicesList()) {
      device(devices, Path.of(d.getHostPath()).toRealPath(), d.getContainerPath());
    }
    if (launch.privileged()) {
      return;
    }
    launch.security().getMaskedPathsList().forEach(linux.putArray("maskedPaths")::add);
    launch.security().getReadonlyPathsList().forEach(linux.putArray("readonlyPaths")::add);
    Optional<ObjectNode> seccomp =
        SeccompProfiles.of(
            launch.security().getSeccomp(),
            launch.security().hasSeccomp(),
            launch.process().bounding());
    seccomp.ifPresent(profile -> linux.set("seccomp", profile));
  }

  private static void ids(ArrayNode list, List<IDMapping> ranges) {
    for (IDMapping r : ranges) {
      list.addObject()
          .put("containerID", Integer.toUnsignedLong(r.getContainerId()))
          .put("hostID", Integer.toUnsignedLong(r.getHostId()))
          .put("size", Integer.toUnsignedLong(r.getLength()));
    }
  }

  private void namespaces(ArrayNode list) {
    if (mapped.isPresent()) {
      list.addObject()
          .put("type", "user")
          .put("path", launch.sandbox().userNamespaceFile().toString());
    }
    list.addObject().put("type", "mount");
    NamespaceMode pid = launch.security().getNamespaceOptions().getPid();
    Optional<Integer> joined =
        pid == NamespaceMode.POD ? launch.sandbox().pausePid() : launch.targetPid();
    if (joined.isPresent()) {
      list.addObject().put("type", "pid").put("path", "/proc/" + joined.get() + "/ns/pid");
    } else if (pid != NamespaceMode.NODE) {
      list.addObject().put("type", "pid");
    }
    for (Map.Entry<Path, Integer> file : launch.sandbox().namespaceFiles().entrySet()) {
      String type =
          file.getValue() == Mounts.CLONE_NEWNET
              ? "network"
              : file.getValue() == Mounts.CLONE_NEWUTS ? "uts" : "ipc";
      list.addObject().put("type", type).put("path", file.getKey().toString());
    }
    if (launch.cgroup().host().isV2()) {
      list.addObject().put("type", "cgroup");
    }
  }

  private void resources(ObjectNode into, LinuxContainerResources r) throws IOException {
    ArrayNode devices = into.putArray("devices");
    devices.addObject().put("allow", launch.privileged()).put("access", "rwm");
    for (String rule :
        launch.privileged() ? List.<String>of() : ContainerLimits.deviceRules(launch.config())) {
      String[] words = rule.split("[ :]");
      devices
          .addObject()
          .put("allow", true)
          .put("type", words[0])
          .put("major", Long.parseLong(words[1]))
          .put("minor", Long.parseLong(words[2]))
          .put("access", words[3]);
    }
    ObjectNode cpu = into.putObject("cpu");
    putIf(cpu, "shares", r.getCpuShares());
    putIf(cpu, "quota", r.getCpuQuota());
    putIf(cpu, "period", r.getCpuPeriod());
    if (!r.getCpusetCpus().isEmpty()) {
      cpu.put("cpus", r.getCpusetCpus());
    }
    if (!r.getCpusetMems().isEmpty()) {
      cpu.put("mems", r.getCpusetMems());
    }
    if (r.getMemoryLimitInBytes() != 0) {
      into.putObject("memory").put("limit", r.getMemoryLimitInBytes());
    }
    if (r.getHugepageLimitsCount() > 0 && launch.cgroup().host().limitsHugePages()) {
      ArrayNode pages = into.putArray("hugepageLimits");
      r.getHugepageLimitsList()
          .forEach(
              l -> pages.addObject().put("pageSize", l.getPageSize()).put("limit", l.getLimit()));
    }
    if (launch.cgroup().host().isV2() && r.getUnifiedCount() > 0) {
      ObjectNode unified = into.putObject("unified");
      r.getUnifiedMap().forEach(unified::put);
    }
  }

  private static void putIf(ObjectNode node, String key, long value) {
    if (value != 0) {
      node.put(key, value);
    }
  }

  private static void device(ArrayNode list, Path host, String at) throws IOException {
    int mode = (int) Files.getAttribute(host, "unix:mode");
    long number = (long) Files.getAttribute(host, "unix:rdev");
    list.addObject()
        .put("path", at)
        .put("type", (mode & 0xf000) == 0x6000 ? "b" : "c")
        .put("major", (number >> 8) & 0xfff)
        .put("minor", (number & 0xff) | ((number >> 12) & 0xfff00))
        .put("fileMode", mode & 0777);
  }
}
