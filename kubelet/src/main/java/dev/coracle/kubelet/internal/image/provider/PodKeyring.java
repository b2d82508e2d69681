package dev.coracle.kubelet.internal.image.provider;

import dev.coracle.kubelet.internal.image.Keyring;
import dev.coracle.kubelet.internal.image.PullCredential;
import dev.coracle.kubelet.internal.image.PullSecrets;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.ArrayList;
import java.util.List;

/** First what a pod has itself, its {@code imagePullSecrets}, and then what programs give. */
public record PodKeyring(PullSecrets secrets, CredentialPlugins plugins) implements Keyring {
  @Override
  public List<PullCredential> of(Pod pod, String image) {
    List<PullCredential> out = new ArrayList<>(secrets.of(pod, image));
    out.addAll(plugins.of(pod, image));
    return out;
  }
}
