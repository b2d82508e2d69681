package dev.coracle.criruntime.internal.container;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A process of a container, with every default filled in.
 *
 * @param env {@code KEY=value}
 * @param bounding capabilities it may ever have; root has them all
 * @param ambient capabilities that a user other than root has
 */
public record ProcessSpec(
    List<String> argv,
    List<String> env,
    String cwd,
    int uid,
    int gid,
    List<Integer> groups,
    Set<String> bounding,
    Set<String> ambient,
    boolean noNewPrivileges) {
  public ProcessSpec {
    argv = List.copyOf(argv);
    env = List.copyOf(env);
    groups = List.copyOf(groups);
    bounding = Set.copyOf(bounding);
    ambient = Set.copyOf(ambient);
  }

  ProcessSpec withArgv(List<String> words) {
    return new ProcessSpec(words, env, cwd, uid, gid, groups, bounding, ambient, noNewPrivileges);
  }

  ProcessSpec withEnv(String entry) {
    List<String> more = new ArrayList<>(env);
    more.add(entry);
    return new ProcessSpec(argv, more, cwd, uid, gid, groups, bounding, ambient, noNewPrivileges);
  }

  ProcessSpec without(String capability) {
    Set<String> bound = new HashSet<>(bounding);
    Set<String> kept = new HashSet<>(ambient);
    bound.remove(capability);
    kept.remove(capability);
    return new ProcessSpec(argv, env, cwd, uid, gid, groups, bound, kept, noNewPrivileges);
  }

  /** The value of an environment variable, or this. */
  String envOr(String name, String otherwise) {
    String found = otherwise;
    for (String e : env) {
      if (e.startsWith(name + "=")) {
        found = e.substring(name.length() + 1);
      }
    }
    return found;
  }
}
