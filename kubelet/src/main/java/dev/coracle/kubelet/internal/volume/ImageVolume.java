package dev.coracle.kubelet.internal.volume;

import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;

/**
 * An image's content as a volume (KEP-4639): the runtime mounts it, so nothing is to be done here.
 */
final class ImageVolume implements VolumePlugin {
  @Override
  public String field() {
    return "image";
  }

  @Override
  public String directoryName() {
    return "kubernetes.io~image";
  }

  @Override
  public Mounted mount(Request request) {
    return new Mounted(null, true, request.source().path("reference").asText(""));
  }
}
