package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.csi.CsiExpansion;
import dev.coracle.kubelet.internal.csi.CsiVolumes;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.podcertificate.PodCertificates;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;

/** The kinds of volumes there are, in the order in which a volume's spec is looked through. */
public final class VolumePlugins {
  private VolumePlugins() {}

  /**
   * @param localVolumes where this node makes volumes of the built-in storage class
   * @param selects whether a node selector's terms name this node
   * @param noswap whether volumes in memory are to be kept out of swap
   */
  public static List<VolumePlugin> all(
      ObjectSource objects,
      Tokens tokens,
      PodCertificates certificates,
      Function<Pod, DownwardApi.Facts> facts,
      Path localVolumes,
      CsiVolumes csi,
      CsiExpansion expansion,
      PodPaths paths,
      Predicate<JsonNode> selects,
      BooleanSupplier noswap,
      PodEvents events,
      GroupAccess access) {
    LocalDevices devices = new LocalDevices(paths);
    NfsVolume nfs = new NfsVolume(DiskTools::mountRemote);
    VolumeUsers users = new VolumeUsers(paths, csi);
    Payloads payloads = new Payloads(objects, tokens, certificates, facts);
    return List.of(
        new EmptyDirVolume(facts, noswap, access),
        new HostPathVolume(),
        new PayloadVolume("configMap", "kubernetes.io~configmap", payloads::configMap, access),
        new PayloadVolume("secret", "kubernetes.io~secret", payloads::secret, access),
        new PayloadVolume("projected", "kubernetes.io~projected", payloads::projected, access),
        new PayloadVolume(
            "downwardAPI", "kubernetes.io~downward-api", payloads::downwardApi, access),
        new ImageVolume(),
        nfs,
        new CsiInlineVolume(csi),
        new ClaimVolume(
            "persistentVolumeClaim",
            objects,
            localVolumes,
            csi,
            expansion,
            paths,
            devices,
            nfs,
            users,
            events,
            access,
            selects),
        new ClaimVolume(
            "ephemeral",
            objects,
            localVolumes,
            csi,
            expansion,
            paths,
            devices,
            nfs,
            users,
            events,
            access,
            selects));
  }
}
