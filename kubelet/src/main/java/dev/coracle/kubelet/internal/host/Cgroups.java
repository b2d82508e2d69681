package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;

/** The cgroups of pods. */
public interface Cgroups {
  /** None: containers' cgroups stand where the runtime puts them. */
  Cgroups NONE =
      new Cgroups() {
        @Override
        public String parentOf(Pod pod) {
          return "";
        }

        @Override
        public String podsGroup() {
          return "";
        }

        @Override
        public void ensure(Pod pod) {}

        @Override
        public void widen(Pod pod) {}

        @Override
        public void narrow(Pod pod) {}

        @Override
        public void remove(Pod pod) {}

        @Override
        public void limitPods(GroupLimits limits) {}

        @Override
        public void limit(String cgroup, GroupLimits limits) throws IOException {
          throw new IOException("no cgroups can be written here");
        }

        @Override
        public void removeAll() {}
      };

  /** What goes to the runtime as {@code cgroup_parent}; empty for none. */
  String parentOf(Pod pod);

  /** The cgroup of all pods together, an absolute path below the mount points; empty for none. */
  String podsGroup();

  /**
   * Makes the pod's cgroup and sets its limits; may be asked again.
   *
   * @throws IOException the pod would run without its limits
   */
  void ensure(Pod pod) throws IOException;

  /** Before its containers are resized: room for what they have and for what they get. */
  void widen(Pod pod);

  /** After its containers were resized: exactly what they have now. */
  void narrow(Pod pod);

  void remove(Pod pod);

  /**
   * Sets what all pods may use together; may be asked again.
   *
   * @throws IOException also while the pods use more memory than that
   */
  void limitPods(GroupLimits limits) throws IOException;

  /**
   * Sets what a cgroup of somebody else may use.
   *
   * @param cgroup an absolute path below the mount points
   * @throws IOException where there is none
   */
  void limit(String cgroup, GroupLimits limits) throws IOException;

  /** Removes every cgroup made, as far as they are empty. */
  void removeAll();
}
