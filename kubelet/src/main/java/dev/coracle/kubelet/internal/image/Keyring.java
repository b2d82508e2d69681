package dev.coracle.kubelet.internal.image;

import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Comparator;
import java.util.List;

/** What there is to show a registry. */
public interface Keyring {

  /** Longer names of registries and paths first, as upstream tries them. */
  Comparator<PullCredential> ORDER =
      Comparator.comparing(
              (PullCredential c) -> CredentialServer.of(c.auth().getServerAddress()).text())
          .reversed();

  /**
   * Blocks.
   *
   * @param image its name as the pod has it, with a tag
   * @return in the order in which they are tried
   */
  List<PullCredential> of(Pod pod, String image);
}
