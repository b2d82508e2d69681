package dev.coracle.launcher;

import dev.coracle.criruntime.network.PodGuard;
import dev.coracle.criruntime.network.PodNetwork;
import dev.coracle.proxy.ConnectedPod;
import dev.coracle.proxy.NetworkPolicies;
import java.io.IOException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the pods' network and the policies: nothing runs in a pod before its policies are
 * in effect for its address (ADR 0200).
 */
final class PolicyGuard implements PodGuard {

  private static final long PATIENCE_SECONDS = 30;

  private volatile @Nullable NetworkPolicies policies;

  /** To be called before any pod is connected. */
  void guardedBy(NetworkPolicies enforced) {
    policies = enforced;
  }

  @Override
  public void connected(PodNetwork.Pod pod, String address) throws IOException {
    try {
      tell(pod, address).toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "network policies cannot be enforced for it: " + cause.getMessage(), cause);
    } catch (TimeoutException e) {
      throw new IOException(
          "network policies are not in effect for it after " + PATIENCE_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void adopted(PodNetwork.Pod pod, String address) {
    tell(pod, address).exceptionally(_ -> null); // Whoever enforces them tries again by itself.
  }

  private CompletionStage<Void> tell(PodNetwork.Pod pod, String address) {
    return enforced()
        .connected(
            new ConnectedPod(
                pod.sandboxId(), pod.namespace(), pod.name(), pod.uid(), pod.labels(), address));
  }

  @Override
  public void disconnected(String sandboxId) {
    enforced().disconnected(sandboxId);
  }

  private NetworkPolicies enforced() {
    NetworkPolicies enforced = policies;
    if (enforced == null) {
      throw new IllegalStateException("a pod was connected before its policies could be");
    }
    return enforced;
  }
}
