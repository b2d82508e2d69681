package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.KeyValue;
import dev.coracle.cri.v1.LinuxContainerSecurityContext;
import dev.coracle.criruntime.StoredImage;
import dev.coracle.criruntime.internal.pod.Sandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Fills a container's process in from the pod's wishes and the image's defaults. */
final class ProcessSpecs {
  private ProcessSpecs() {}

  static ProcessSpec of(
      ContainerConfig config,
      Sandbox sandbox,
      StoredImage.Config image,
      RootView root,
      Set<String> ours)
      throws IOException {
    LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
    if (security.hasRunAsGroup()
        && !security.hasRunAsUser()
        && security.getRunAsUsername().isEmpty()) {
      throw new IllegalArgumentException("user group is specified without user");
    }
    Users.User user = new Users(root).resolve(security, image.user());
    var capabilities = security.getCapabilities();
    Set<String> bounding =
        Capabilities.bounding(
            security.getPrivileged(),
            capabilities.getAddCapabilitiesList(),
            capabilities.getDropCapabilitiesList(),
            ours);
    Set<String> ambient =
        new TreeSet<>(Capabilities.normal(capabilities.getAddAmbientCapabilitiesList()));
    ambient.retainAll(ours);
    bounding.addAll(ambient);
    String cwd =
        !config.getWorkingDir().isEmpty()
            ? config.getWorkingDir()
            : image.workingDir().isEmpty() ? "/" : image.workingDir();
    if (!cwd.startsWith("/")) {
      throw new IllegalArgumentException("working directory is not absolute: " + cwd);
    }
    return new ProcessSpec(
        argv(config, image),
        env(config, sandbox, image, root, user.uid()),
        cwd,
        user.uid(),
        user.gid(),
        user.groups(),
        bounding,
        ambient,
        security.getNoNewPrivs());
  }

  // As in a Pod: a command replaces entrypoint and cmd, args replace cmd.
  private static List<String> argv(ContainerConfig config, StoredImage.Config image) {
    List<String> words = new ArrayList<>();
    if (config.getCommandCount() > 0) {
      words.addAll(config.getCommandList());
      words.addAll(config.getArgsList());
    } else {
      words.addAll(image.entrypoint());
      words.addAll(config.getArgsCount() > 0 ? config.getArgsList() : image.cmd());
    }
    if (words.isEmpty() || words.getFirst().isEmpty()) {
      throw new IllegalArgumentException("no command specified");
    }
    return words;
  }

  private static List<String> env(
      ContainerConfig config, Sandbox sandbox, StoredImage.Config image, RootView root, int uid)
      throws IOException {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("PATH", Executables.DEFAULT_PATH);
    if (!sandbox.config().getHostname().isEmpty()) {
      env.put("HOSTNAME", sandbox.config().getHostname());
    }
    if (config.getTty()) {
      env.put("TERM", "xterm");
    }
    for (String e : image.env()) {
      int equals = e.indexOf('=');
      if (equals > 0) {
        env.put(e.substring(0, equals), e.substring(equals + 1));
      }
    }
    for (KeyValue e : config.getEnvsList()) {
      env.put(e.getKey(), e.getValue());
    }
    if (!env.containsKey("HOME")) {
      env.put("HOME", home(root, uid));
    }
    return env.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  private static String home(RootView root, int uid) throws IOException {
    for (String line : root.lines("/etc/passwd")) {
      String[] f = line.split(":");
      if (f.length >= 6 && f[2].equals(Integer.toString(uid)) && f[5].startsWith("/")) {
        return f[5];
      }
    }
    return uid == 0 ? "/root" : "/";
  }
}
