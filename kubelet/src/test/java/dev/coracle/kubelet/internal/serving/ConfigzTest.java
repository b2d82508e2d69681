package dev.coracle.kubelet.internal.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.server.TestPki;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a kubelet says that it goes by is what it was told. */
class ConfigzTest {
  private static KubeletConfiguration parse(String fields) {
    return KubeletConfiguration.parse(
        Json.parseObject(
            """
            {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"%s}
            """
                .formatted(fields)));
  }

  @TempDir private static Path dir;
  private static TestPki pki;

  @BeforeAll
  static void certificates() throws Exception {
    pki = new TestPki(dir).issue("server", "CN=server");
  }

  private static KubeletOptions options() {
    return KubeletOptions.of("n1", "192.0.2.1", Path.of("/k"), Path.of("/l"), "unix:///run/r.sock")
        .withCgroupRoot("coracle-1")
        .withClusterDns(List.of("10.96.0.10"), "cluster.local")
        .withServer(
            KubeletServerOptions.defaults(
                    "n1", pki.certificate("server"), pki.key("server"), pki.certificate("ca"))
                .withListen("192.0.2.1", 10251)
                .withLogDirectory(Path.of("/var/log")));
  }

  private static ObjectNode told(KubeletOptions options) {
    return (ObjectNode) Configz.of(options).path("kubeletconfig");
  }

  /** Each field with a value that is not the default. */
  private static final String CHOSEN =
      """
      ,"podPidsLimit":100,"cpuCFSQuota":false,"cpuCFSQuotaPeriod":"10ms",
      "featureGates":{"CustomCPUCFSQuotaPeriod":true,"ImageVolume":true},
      "memorySwap":{"swapBehavior":"LimitedSwap"},"maxParallelImagePulls":3,
      "crashLoopBackOff":{"maxContainerRestartPeriod":"20s"},"nodeStatusUpdateFrequency":"5s",
      "nodeStatusReportFrequency":"1m","nodeLeaseDurationSeconds":20,"nodeStatusMaxImages":-1,
      "registerWithTaints":[{"key":"a","value":"b","effect":"NoSchedule"}],"registerNode":false,
      "providerID":"lab://1","podsPerCore":10,"maxPods":50,"imageMinimumGCAge":"1m",
      "imageMaximumGCAge":"24h","imageGCHighThresholdPercent":70,"imageGCLowThresholdPercent":60,
      "kubeAPIQPS":5,"kubeAPIBurst":9,"oomScoreAdj":-5,"maxOpenFiles":70000,
      "eventRecordQPS":0,"eventBurst":7,"healthzPort":10248,"healthzBindAddress":"127.0.0.1",
      "enableDebuggingHandlers":false,"enableSystemLogHandler":false,"seccompDefault":true,
      "streamingConnectionIdleTimeout":"1h","syncFrequency":"1m","runtimeRequestTimeout":"1m",
      "containerLogMaxSize":"1Mi","containerLogMaxFiles":3,"evictionHard":{"memory.available":"0%"},
      "authentication":{"anonymous":{"enabled":true}},"port":10260
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        CHOSEN,
        ",\"serializeImagePulls\":false,\"evictionHard\":{\"pid.available\":\"5%\"}",
        ",\"topologyManagerPolicy\":\"restricted\",\"topologyManagerScope\":\"pod\"",
        ",\"topologyManagerPolicy\":\"single-numa-node\",\"topologyManagerPolicyOptions\":"
            + "{\"prefer-closest-numa-nodes\":\"true\",\"max-allowable-numa-nodes\":\"12\"}",
        ",\"memoryManagerPolicy\":\"Static\",\"reservedMemory\":["
            + "{\"numaNode\":1,\"limits\":{\"memory\":\"1Gi\",\"hugepages-2Mi\":\"4Mi\"}},"
            + "{\"numaNode\":0,\"limits\":{\"memory\":\"100Mi\"}}]",
      })
  void whatANodeTellsIsTakenBackAndNothingIsOtherwise(String fields) {
    KubeletOptions plain = options();
    ObjectNode told = told(plain.withConfiguration(parse(fields)));
    KubeletConfiguration read = KubeletConfiguration.parse(Json.parse(told.toString()));
    assertThat(told(plain.withConfiguration(read))).isEqualTo(told);
  }

  @Test
  void podsStandInTheCgroupThatIsChosen() {
    KubeletOptions plain = options();
    KubeletOptions elsewhere = plain.withConfiguration(parse(",\"cgroupRoot\":\"/lab/pods/\""));
    assertThat(elsewhere.cgroupRoot()).isEqualTo("lab/pods");
    assertThat(elsewhere.ownCgroupRoot()).isFalse();
    KubeletOptions same = plain.withConfiguration(parse(",\"cgroupRoot\":\"/coracle-1\""));
    assertThat(same.cgroupRoot()).isEqualTo("coracle-1");
    assertThat(same.ownCgroupRoot()).isTrue();
  }

  /** The server is made by these. */
  @Test
  void theNodesApiIsAsChosen() {
    KubeletServerOptions served =
        options()
            .withConfiguration(
                parse(
                    """
                    ,"port":10260,"streamingConnectionIdleTimeout":"1h","enableDebuggingHandlers":false,
                    "enableSystemLogHandler":false,"authentication":{"anonymous":{"enabled":true},
                      "x509":{"clientCAFile":"%s"}}
                    """
                        .formatted(pki.certificate("server"))))
            .server()
            .orElseThrow();
    assertThat(served)
        .isEqualTo(
            options()
                .server()
                .orElseThrow()
                .withListen("192.0.2.1", 10260)
                .withStreamTimeouts(Duration.ofHours(1), served.streamCreationTimeout())
                .withDebugging(false)
                .withoutLogDirectory()
                .withAnonymousAuth(true)
                .withClientCa(pki.certificate("server")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"containerRuntimeEndpoint\":\"unix:///run/crio/crio.sock\" | containerRuntimeEndpoint:"
            + " unix:///run/crio/crio.sock is not what this node has, unix:///run/r.sock:"
            + " --container-runtime-endpoint chooses the runtime",
        "\"podLogsDir\":\"/logs\" | podLogsDir: /logs is not what this node has, /l:",
        "\"address\":\"192.0.2.9\" | address: 192.0.2.9 is not what this node has, 192.0.2.1:",
        "\"tlsCertFile\":\"/c.crt\" | tlsCertFile: /c.crt is not what this node has,",
      })
  void whatIsElsewhereIsRefused(String field, String why) {
    KubeletOptions plain = options();
    assertThatThrownBy(() -> plain.withConfiguration(parse("," + field)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("invalid configuration: " + why);
  }

  /** As kubeadm writes it, and with each of upstream's defaults. */
  @Test
  void upstreamsDefaultsAreTaken() {
    KubeletOptions plain = options();
    String defaults =
        """
        ,"enableServer":true,"staticPodPath":"","podLogsDir":"/var/log/pods","syncFrequency":"1m0s",
        "fileCheckFrequency":"20s","httpCheckFrequency":"20s","address":"0.0.0.0","port":10250,
        "readOnlyPort":0,"rotateCertificates":true,"serverTLSBootstrap":true,
        "authentication":{"x509":{"clientCAFile":"%s"},
          "webhook":{"enabled":true,"cacheTTL":"2m0s"},"anonymous":{"enabled":false}},
        "authorization":{"mode":"Webhook",
          "webhook":{"cacheAuthorizedTTL":"5m0s","cacheUnauthorizedTTL":"30s"}},
        "registryPullQPS":5,"registryBurst":10,
        "imagePullCredentialsVerificationPolicy":"NeverVerifyPreloadedImages",
        "eventRecordQPS":50,"eventBurst":100,"enableDebuggingHandlers":true,"healthzPort":10248,
        "healthzBindAddress":"127.0.0.1","oomScoreAdj":-999,"clusterDomain":"cluster.local",
        "clusterDNS":["10.96.0.10"],"streamingConnectionIdleTimeout":"4h0m0s",
        "nodeStatusUpdateFrequency":"10s","nodeStatusReportFrequency":"5m0s",
        "nodeLeaseDurationSeconds":40,"imageMinimumGCAge":"2m0s","imageMaximumGCAge":"0s",
        "imageGCHighThresholdPercent":85,"imageGCLowThresholdPercent":80,
        "volumeStatsAggPeriod":"1m0s","cgroupRoot":"","cgroupsPerQOS":true,"cgroupDriver":"systemd",
        "cpuManagerPolicy":"none","cpuManagerReconcilePeriod":"10s","memoryManagerPolicy":"None",
        "topologyManagerPolicy":"none","topologyManagerScope":"container",
        "runtimeRequestTimeout":"2m0s","hairpinMode":"promiscuous-bridge","maxPods":110,
        "podPidsLimit":-1,"resolvConf":"/etc/resolv.conf","cpuCFSQuota":true,
        "cpuCFSQuotaPeriod":"100ms","nodeStatusMaxImages":50,"maxOpenFiles":1000000,
        "contentType":"application/vnd.kubernetes.protobuf","kubeAPIQPS":50,"kubeAPIBurst":100,
        "serializeImagePulls":true,
        "evictionHard":{"imagefs.available":"15%%","imagefs.inodesFree":"5%%",
          "memory.available":"100Mi","nodefs.available":"10%%","nodefs.inodesFree":"5%%"},
        "evictionPressureTransitionPeriod":"5m0s","mergeDefaultEvictionSettings":false,
        "enableControllerAttachDetach":true,"makeIPTablesUtilChains":true,
        "iptablesMasqueradeBit":14,"iptablesDropBit":15,"failSwapOn":false,"memorySwap":{},
        "containerLogMaxSize":"10Mi","containerLogMaxFiles":5,"containerLogMaxWorkers":1,
        "containerLogMonitorInterval":"10s","configMapAndSecretChangeDetectionStrategy":"Watch",
        "enforceNodeAllocatable":["pods"],"tlsCertFile":"",
        "volumePluginDir":"/usr/libexec/kubernetes/kubelet-plugins/volume/exec/",
        "logging":{"format":"text","flushFrequency":"5s","verbosity":0,
          "options":{"text":{"infoBufferSize":"0"},"json":{"infoBufferSize":"0"}}},
        "enableSystemLogHandler":true,"enableSystemLogQuery":false,"shutdownGracePeriod":"0s",
        "shutdownGracePeriodCriticalPods":"0s",
        "crashLoopBackOff":{"maxContainerRestartPeriod":"5m0s"},"enableProfilingHandler":true,
        "enableDebugFlagsHandler":true,"seccompDefault":false,"memoryThrottlingFactor":0.9,
        "registerNode":true,"localStorageCapacityIsolation":true,"failCgroupV1":false,
        "containerRuntimeEndpoint":"unix:///run/containerd/containerd.sock",
        "podHousekeepingPeriod":"2s","evictionSoft":null,"featureGates":{}
        """
            .formatted(dir.resolve("ca.crt"));
    ObjectNode told = told(plain.withConfiguration(parse(defaults)));
    ObjectNode otherwise = told(plain.withConfiguration(KubeletConfiguration.DEFAULT));
    for (String said :
        List.of(
            "healthzPort",
            "healthzBindAddress",
            "syncFrequency",
            "resolvConf",
            "authentication",
            "kubeAPIQPS",
            "kubeAPIBurst",
            "oomScoreAdj",
            "maxOpenFiles")) {
      told.remove(said);
      otherwise.remove(said);
    }
    assertThat(told).isEqualTo(otherwise);
  }
}
