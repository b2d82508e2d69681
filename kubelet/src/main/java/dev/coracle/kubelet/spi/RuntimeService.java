package dev.coracle.kubelet.spi;

import dev.coracle.cri.v1.AttachRequest;
import dev.coracle.cri.v1.AuthConfig;
import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerEventResponse;
import dev.coracle.cri.v1.ContainerFilter;
import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.ContainerStatus;
import dev.coracle.cri.v1.ExecRequest;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.ImageFsInfoResponse;
import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.cri.v1.PodSandboxStats;
import dev.coracle.cri.v1.PodSandboxStatus;
import dev.coracle.cri.v1.PortForwardRequest;
import dev.coracle.cri.v1.StatusResponse;
import dev.coracle.cri.v1.VersionResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The container runtime as the kubelet sees it: CRI v1, call by call. Every method blocks until the
 * answer is there and is called on virtual threads only; failures are {@link CriException}s.
 * Implementations are safe for any number of threads.
 *
 * <p>Implemented over gRPC for real runtimes; a simulated node gives an implementation that only
 * pretends.
 */
public interface RuntimeService extends AutoCloseable {

  VersionResponse version();

  StatusResponse status(boolean verbose);

  void updatePodCidr(String podCidr);

  String runPodSandbox(PodSandboxConfig config, String runtimeHandler);

  void stopPodSandbox(String id);

  void removePodSandbox(String id);

  PodSandboxStatus podSandboxStatus(String id);

  List<PodSandbox> listPodSandboxes(PodSandboxFilter filter);

  String createContainer(String sandboxId, ContainerConfig config, PodSandboxConfig sandbox);

  void startContainer(String id);

  /** Stops with SIGTERM (or the image's signal), and SIGKILL when the grace is over. */
  void stopContainer(String id, long graceSeconds);

  void removeContainer(String id);

  ContainerStatus containerStatus(String id);

  List<Container> listContainers(ContainerFilter filter);

  void updateContainerResources(String id, LinuxContainerResources resources);

  void reopenContainerLog(String id);

  /** Writes what the running container is into a file; fails with UNIMPLEMENTED where it cannot. */
  void checkpointContainer(String id, Path file, Duration timeout);

  /**
   * Runs a command to its end; fails with DEADLINE_EXCEEDED when it takes longer than the timeout.
   */
  ExecSyncResponse execSync(String id, List<String> command, Duration timeout);

  /** The URL of a streaming server. */
  String exec(ExecRequest request);

  String attach(AttachRequest request);

  String portForward(PortForwardRequest request);

  List<ContainerStats> containerStats();

  /** Empty where the runtime does not implement sandbox statistics. */
  List<PodSandboxStats> podSandboxStats();

  List<Image> listImages();

  /** Empty when there is no such image. */
  Optional<Image> imageStatus(String image);

  /** Pulls and gives the reference by which containers are created. May take minutes. */
  String pullImage(String image, Optional<AuthConfig> auth, PodSandboxConfig sandbox);

  void removeImage(String image);

  ImageFsInfoResponse imageFsInfo();

  /**
   * Follows what happens to containers and sandboxes until closed.
   *
   * @param ended is called once with what ended the stream, UNIMPLEMENTED where the runtime has no
   *     events
   */
  EventStream events(Consumer<ContainerEventResponse> handler, Consumer<CriException> ended);

  /** An open event stream. */
  @FunctionalInterface
  interface EventStream extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  void close();
}
