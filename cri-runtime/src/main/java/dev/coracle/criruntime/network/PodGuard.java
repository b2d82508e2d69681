package dev.coracle.criruntime.network;

import java.io.IOException;

/**
 * Hears of the addresses that the built-in bridge gives to pods. What has to be so before anything
 * runs in a pod, is made so by {@link #connected}. Thread-safe.
 */
public interface PodGuard {

  /** Lets every pod run. */
  PodGuard NONE =
      new PodGuard() {
        @Override
        public void connected(PodNetwork.Pod pod, String address) {}

        @Override
        public void adopted(PodNetwork.Pod pod, String address) {}

        @Override
        public void disconnected(String sandboxId) {}
      };

  /**
   * The pod has its address, and nothing runs in it before this returns; called once for each where
   * it has several. Blocks.
   *
   * @throws IOException it must not run; its address is taken back then
   */
  void connected(PodNetwork.Pod pod, String address) throws IOException;

  /** A pod of an earlier run has this address. Does not block. */
  void adopted(PodNetwork.Pod pod, String address);

  /** The sandbox has no address any more. Does not block. */
  void disconnected(String sandboxId);
}
