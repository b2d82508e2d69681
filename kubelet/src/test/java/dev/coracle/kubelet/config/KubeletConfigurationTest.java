package dev.coracle.kubelet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.tls.TlsChoice;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeletConfigurationTest {

  private static KubeletConfiguration parse(String fields) {
    ObjectNode document = Json.parseObject(("{" + fields + "}").getBytes());
    document.put("apiVersion", "kubelet.config.k8s.io/v1beta1").put("kind", "KubeletConfiguration");
    return KubeletConfiguration.parse(document);
  }

  @Test
  void nothingChosenIsUpstreamsDefault() {
    assertThat(parse("")).isEqualTo(KubeletConfiguration.DEFAULT);
    assertThat(KubeletConfiguration.DEFAULT.shutdown().isOn()).isFalse();
    assertThat(KubeletConfiguration.DEFAULT.eviction().thresholds()).hasSize(5);
  }

  @Test
  void whatToolsWriteForTheDefaultIsTaken() {
    KubeletConfiguration chosen =
        parse(
            """
            "authentication":{"anonymous":{"enabled":false},"webhook":{"cacheTTL":"0s","enabled":true},
             "x509":{}},
            "authorization":{"mode":"Webhook","webhook":{"cacheAuthorizedTTL":"0s",
             "cacheUnauthorizedTTL":"0s"}},
            "cgroupDriver":"systemd","clusterDNS":["10.96.0.10"],"clusterDomain":"cluster.local",
            "containerRuntimeEndpoint":"","cpuManagerReconcilePeriod":"0s","crashLoopBackOff":{},
            "evictionPressureTransitionPeriod":"0s","fileCheckFrequency":"0s","httpCheckFrequency":"0s",
            "imageMaximumGCAge":"0s","imageMinimumGCAge":"0s",
            "logging":{"flushFrequency":0,"options":{"json":{"infoBufferSize":"0"}},"verbosity":0},
            "memorySwap":{},"nodeStatusReportFrequency":"0s","nodeStatusUpdateFrequency":"0s",
            "rotateCertificates":true,"runtimeRequestTimeout":"0s","shutdownGracePeriod":"0s",
            "shutdownGracePeriodCriticalPods":"0s","staticPodPath":"/etc/kubernetes/manifests",
            "streamingConnectionIdleTimeout":"0s","syncFrequency":"0s","volumeStatsAggPeriod":"0s"
            """);
    assertThat(chosen.dns().servers()).containsExactly("10.96.0.10");
    assertThat(chosen.dns().domainOr("other")).isEqualTo("cluster.local");
    assertThat(chosen.eviction()).isEqualTo(EvictionOptions.DEFAULT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"authentication\":{\"webhook\":{\"enabled\":false}} | authentication: tokens are reviewed by",
        "\"authentication\":{\"x509\":{\"clientCAFile\":\"/no/ca.crt\"}} |"
            + " authentication.x509.clientCAFile: /no/ca.crt cannot be read; leave it out for",
        "\"authentication\":{\"x509\":{\"clientCAFile\":\"/dev/zero\"}} | it is no file of at most 1 MiB",
        "\"authentication\":{\"x509\":{\"clientCAFile\":\"/etc/passwd\"}} | /etc/passwd is no file of",
        "\"nodeStatusUpdateFrequency\":\"1ns\" | nodeStatusUpdateFrequency must be at least 10ms, and not 1ns",
        "\"syncFrequency\":\"9ms\" | syncFrequency must be at least 10ms",
        "\"authorization\":{\"mode\":\"AlwaysAllow\"} | authorization: the mode is Webhook",
        "\"cgroupDriver\":\"other\" | cgroupDriver: it is systemd or cgroupfs",
        "\"rotateCertificates\":false | rotateCertificates: certificates are always rotated",
        "\"memorySwap\":{\"swapBehavior\":\"UnlimitedSwap\"} | memorySwap.swapBehavior"
            + " \"UnlimitedSwap\" must be one of: \"\", \"LimitedSwap\" or \"NoSwap\"",
        "\"logging\":{\"verbosity\":4} | logging: logs are text",
        "\"memorySwap\":\"LimitedSwap\" | memorySwap must be an object",
        "\"memorySwap\":{\"swapBehaviour\":\"\"} | memorySwap: unknown field \"swapBehaviour\"",
        "\"authentication\":\"anything\" | authentication must be an object",
        "\"authentication\":{\"anonymus\":{}} | authentication: unknown field \"anonymus\"",
        "\"readOnlyPort\":10255 | readOnlyPort: nothing is served without authentication; leave it out",
        "\"cgroupsPerQOS\":false | cgroupsPerQOS: pods' cgroups are by their class; leave it out",
        "\"enableServer\":false | enableServer: the API server reaches the node by it; leave it out",
        "\"registryPullQPS\":-1 | registryPullQPS (--registry-qps) -1 must not be a negative number",
        "\"registryBurst\":-3 | registryBurst (--registry-burst) -3 must not be a negative number",
        "\"hairpinMode\":\"veth\" | Valid options are \"none\", \"hairpin-veth\" or",
        "\"runOnce\":true | Runonce mode has been deprecated and should not be set",
        "\"cgroupRoot\":\"/\" | cgroupRoot: / must be the absolute path of a cgroup below the root",
        "\"cgroupRoot\":\"/a/../b\" | cgroupRoot: /a/../b must be",
        "\"cpuCFSQuotaPeriod\":\"50ms\" | cpuCFSQuotaPeriod (--cpu-cfs-quota-period) 50ms requires"
            + " feature gate CustomCPUCFSQuotaPeriod",
        "\"cpuCFSQuotaPeriod\":\"2s\",\"featureGates\":{\"CustomCPUCFSQuotaPeriod\":true} | 2s must be"
            + " between 1ms and 1sec, inclusive",
        "\"maxParallelImagePulls\":0 | maxParallelImagePulls 0 must be a positive number",
        "\"maxParallelImagePulls\":2,\"serializeImagePulls\":true | maxParallelImagePulls cannot be"
            + " larger than 1 unless SerializeImagePulls (--serialize-image-pulls) is set to false",
        "\"crashLoopBackOff\":{\"maxContainerRestartPeriod\":\"500ms\"} | (got: 500ms) must be set"
            + " between 1s and 300s",
        "\"crashLoopBackOff\":{\"maxContainerRestartPeriod\":\"6m\"} | must be set between 1s and 300s",
        "\"crashLoopBackOff\":{\"max\":\"6m\"} | crashLoopBackOff: unknown field \"max\"",
        "\"nodeLeaseDurationSeconds\":-1 | nodeLeaseDurationSeconds must be greater than 0",
        "\"podsPerCore\":-1 | podsPerCore (--pods-per-core) -1 must not be a negative number",
        "\"eventBurst\":-1 | eventBurst (--event-burst) -1 must not be a negative number",
        "\"eventRecordQPS\":-1 | eventRecordQPS (--event-qps) -1 must not be a negative number",
        "\"kubeAPIQPS\":-1 | kubeAPIQPS (--kube-api-qps) -1 must not be a negative number",
        "\"kubeAPIBurst\":-1 | kubeAPIBurst (--kube-api-burst) -1 must not be a negative number",
        "\"oomScoreAdj\":-1001 | oomScoreAdj (--oom-score-adj) -1001 must be between -1000 and 1000,"
            + " inclusive",
        "\"maxOpenFiles\":-1 | maxOpenFiles (--max-open-files) -1 must not be a negative number",
        "\"healthzPort\":70000 | healthzPort (--healthz-port) 70000 must be between 1 and 65535",
        "\"nodeStatusMaxImages\":-2 | nodeStatusMaxImages (--node-status-max-images) -2 must be -1",
        "\"imageMaximumGCAge\":\"1m\" | imageMaximumGCAge 1m must be greater than imageMinimumGCAge 2m0s",
        "\"registerWithTaints\":[{\"key\":\"a\",\"effect\":\"Never\"}] | invalid taint: {a  Never}",
        "\"registerWithTaints\":[{\"effect\":\"NoSchedule\"}] | registerWithTaints: invalid taint",
        "\"containerLogMaxFiles\":1 | containerLogMaxFiles must be greater than 1",
        "\"authorization\":{\"modes\":\"Webhook\"} | authorization: the mode is Webhook",
        "\"resolvConf\":\"/\" | resolvConf: / cannot be read",
        "\"clusterDNS\":[\"dns\"] | clusterDNS: \"dns\" is no IP address",
        "\"resolvConf\":\"/no/such/file\" | resolvConf: /no/such/file cannot be read",
      })
  void whatWouldNotBeDoneIsRefused(String fields, String problem) {
    assertThatThrownBy(() -> parse(fields))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("invalid configuration: ")
        .hasMessageContaining(problem);
  }

  /** What is said of the longest wait goes before. */
  @Test
  void restartsWaitLessWhereThatIsChosen() {
    String gate = "\"featureGates\":{\"ReduceDefaultCrashLoopBackOffDecay\":true}";
    assertThat(parse(gate).pods().firstRestart()).isEqualTo(Duration.ofSeconds(1));
    assertThat(parse(gate).pods().longestRestart()).isEqualTo(Duration.ofSeconds(60));
    String longest = ",\"crashLoopBackOff\":{\"maxContainerRestartPeriod\":\"200s\"}";
    assertThat(parse(gate + longest).pods().longestRestart()).isEqualTo(Duration.ofSeconds(200));
  }

  @Test
  void requestsAreAsManyAsSaidAndElseAsThereAre() {
    assertThat(parse("\"kubeAPIQPS\":5,\"kubeAPIBurst\":7").requests())
        .isEqualTo(new RequestRate(5, 7));
    assertThat(parse("\"kubeAPIQPS\":5").requests()).isEqualTo(new RequestRate(5, 100));
    assertThat(parse("\"kubeAPIBurst\":7").requests()).isEqualTo(new RequestRate(50, 7));
    assertThat(parse("\"kubeAPIQPS\":0").requests()).isEqualTo(RequestRate.NONE);
  }

  @Test
  void ofTheProcessOnlyWhatIsSaidIsTold() {
    assertThat(parse("\"oomScoreAdj\":0,\"maxOpenFiles\":1000000").process())
        .isEqualTo(new ProcessOptions(OptionalInt.of(0), OptionalLong.of(1_000_000)));
    assertThat(parse("\"oomScoreAdj\":null,\"maxOpenFiles\":0").process())
        .isEqualTo(ProcessOptions.NONE);
  }

  /** A kernel with cgroup v1 kills one process, whatever is said. */
  @Test
  void wholeContainersAreKilledOnlyWhereTheKernelCan() {
    ObjectNode whole = Json.object().put("singleProcessOOMKill", false);
    ObjectNode single = Json.object().put("singleProcessOOMKill", true);
    assertThatThrownBy(() -> CgroupOptions.singleProcessOomKill(whole, true))
        .hasMessage(
            "invalid configuration: singleProcessOOMKill must not be explicitly set to false when"
                + " using cgroup v1");
    assertThat(CgroupOptions.singleProcessOomKill(whole, false)).contains(false);
    assertThat(CgroupOptions.singleProcessOomKill(single, true)).contains(true);
    assertThat(CgroupOptions.singleProcessOomKill(Json.object(), true)).isEmpty();
    assertThat(parse("\"singleProcessOOMKill\":true").cgroups().singleProcessOomKill())
        .contains(true);
  }

  @Test
  void oneAddressIsNoListOfThem() {
    assertThatThrownBy(() -> parse("\"clusterDNS\":\"10.96.0.10\""))
        .hasMessage("clusterDNS must be a list");
  }

  @Test
  void thePartOfCriticalPodsIsKeptForThem() {
    ShutdownOptions shutdown =
        parse("\"shutdownGracePeriod\":\"1m30s\",\"shutdownGracePeriodCriticalPods\":\"30s\"")
            .shutdown();
    assertThat(shutdown.groups())
        .containsExactly(
            new ShutdownOptions.Group(0, Duration.ofSeconds(60)),
            new ShutdownOptions.Group(2_000_000_000, Duration.ofSeconds(30)));
    assertThat(shutdown.groupOf(-5)).isZero();
    assertThat(shutdown.groupOf(1_999_999_999)).isZero();
    assertThat(shutdown.groupOf(2_000_001_000)).isEqualTo(1);
    assertThat(shutdown.total()).isEqualTo(Duration.ofSeconds(90));
  }

  @Test
  void logsAndIdsCanBeChosen() {
    KubeletConfiguration chosen =
        parse(
            """
            "containerLogMaxSize":"1Mi","containerLogMaxFiles":3,"containerLogMonitorInterval":"5s",
            "userNamespaces":{"idsPerPod":131072}
            """);
    assertThat(chosen.logs().maxSize()).isEqualTo(1 << 20);
    assertThat(chosen.logs().maxFiles()).isEqualTo(3);
    assertThat(chosen.logs().monitorInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(chosen.pods().ids()).isEqualTo(131_072);
  }

  @Test
  void groupsOfPrioritiesAreTakenInTheirOrder() {
    ShutdownOptions shutdown =
        parse(
                """
                "shutdownGracePeriodByPodPriority":[
                  {"priority":1000,"shutdownGracePeriodSeconds":20},
                  {"priority":0,"shutdownGracePeriodSeconds":10}]
                """)
            .shutdown();
    assertThat(shutdown.groups())
        .extracting(ShutdownOptions.Group::priority)
        .containsExactly(0, 1000);
    assertThat(shutdown.groupOf(999)).isZero();
    assertThat(shutdown.groupOf(1000)).isEqualTo(1);
  }

  @Test
  void oneHardThresholdReplacesTheOthersUnlessTheyAreMerged() {
    assertThat(parse("\"evictionHard\":{\"memory.available\":\"1Gi\"}").eviction().thresholds())
        .singleElement()
        .satisfies(t -> assertThat(t.quantity(new Observation(0, 8L << 30))).isEqualTo(1L << 30));
    assertThat(
            parse(
                    "\"evictionHard\":{\"memory.available\":\"1Gi\"},\"mergeDefaultEvictionSettings\":true")
                .eviction()
                .thresholds())
        .hasSize(5);
  }

  @Test
  void softThresholdsHaveAGraceAndSomethingToReclaim() {
    EvictionOptions eviction =
        parse(
                """
                "evictionSoft":{"pid.available":"10%"},
                "evictionSoftGracePeriod":{"pid.available":"1m"},
                "evictionMinimumReclaim":{"pid.available":"50"},
                "evictionMaxPodGracePeriod":7,
                "evictionPressureTransitionPeriod":"10s"
                """)
            .eviction();
    EvictionThreshold soft = eviction.thresholds().getLast();
    assertThat(soft.signal()).isEqualTo(EvictionSignal.PID_AVAILABLE);
    assertThat(soft.grace()).isEqualTo(Duration.ofMinutes(1));
    assertThat(soft.isMet(new Observation(99, 1000))).isTrue();
    assertThat(soft.isUnresolved(new Observation(149, 1000))).isTrue();
    assertThat(soft.isUnresolved(new Observation(150, 1000))).isFalse();
    assertThat(eviction.maxPodGraceSeconds()).isEqualTo(7);
    assertThat(eviction.pressureTransition()).isEqualTo(Duration.ofSeconds(10));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"evictionHard\":{\"memory.free\":\"1Gi\"} | unsupported eviction signal memory.free",
        "\"evictionHard\":{\"memory.available\":\"-1\"} | cannot be negative",
        "\"evictionHard\":{\"nodefs.available\":\"101%\"} | must be <= 100%",
        "\"evictionSoft\":{\"memory.available\":\"1Gi\"} | grace period must be specified for the"
            + " soft eviction threshold memory.available",
        "\"shutdownGracePeriod\":\"10\" | time: missing unit in duration \"10\"",
        "\"shutdownGracePeriod\":\"5s\",\"shutdownGracePeriodCriticalPods\":\"6s\" | must be <="
            + " shutdownGracePeriod",
        "\"shutdownGracePeriod\":\"500ms\" | must be either zero or otherwise >= 1 sec",
        "\"maxPods\":\"many\" | maxPods must be a number",
        "\"containerLogMonitorInterval\":\"2s\" | must be a positive time duration greater than or"
            + " equal to 3s",
        "\"userNamespaces\":{\"idsPerPod\":65535} | userNamespaces.idsPerPod must be a multiple of"
            + " 65536",
        "\"userNamespaces\":{\"idsPerPod\":0} | userNamespaces.idsPerPod must be a multiple of"
            + " 65536",
        "\"allowedUnsafeSysctls\":[\"vm.*\"] | the sysctls \"vm.*\" are not known to be namespaced",
        "\"allowedUnsafeSysctls\":[\"Net\"] | must have at most 253 characters and match regex",
        "\"allowedUnsafeSysctls\":\"net.*\" | allowedUnsafeSysctls must be a list",
        "\"staticPodPath\":\"manifests\" | staticPodPath must be an absolute path",
        "\"imagePullCredentialsVerificationPolicy\":\"Maybe\" | option \"Maybe\" specified for"
            + " imagePullCredentialsVerificationPolicy is not supported",
        "\"preloadedImagesVerificationAllowlist\":[\"a.b/*\"] | can't set",
        "\"imagePullCredentialsVerificationPolicy\":\"NeverVerifyAllowlistedImages\","
            + "\"preloadedImagesVerificationAllowlist\":[\"a*/b\"] | not a valid pattern",
        "\"kubeReserved\":{\"pods\":\"1\"} | cannot reserve \"pods\" resource",
        "\"kubeReserved\":{\"cpu\":\"-1\"} | resource quantity for \"cpu\" cannot be negative: -1",
        "\"systemReserved\":{\"cpu\":\"x\"} | failed to parse quantity \"x\" for \"cpu\" resource",
        "\"enforceNodeAllocatable\":[\"none\",\"pods\"] | may not contain additional enforcements",
        "\"enforceNodeAllocatable\":[\"all\"] | option \"all\" specified",
        "\"enforceNodeAllocatable\":[\"system-reserved\"] | systemReservedCgroup"
            + " (--system-reserved-cgroup) must be specified when \"system-reserved\" contained",
        "\"enforceNodeAllocatable\":[\"kube-reserved-compressible\"] | kubeReservedCgroup"
            + " (--kube-reserved-cgroup) must be specified",
        "\"enforceNodeAllocatable\":[\"kube-reserved\"],\"kubeReservedCgroup\":\"/a/../..\" | must"
            + " be an absolute path",
        "\"reservedSystemCPUs\":\"3-1\" | unable to parse reservedSystemCPUs (--reserved-cpus) 3-1",
        "\"reservedSystemCPUs\":\"0-99999999\" | \"99999999\" is no CPU",
        "\"reservedSystemCPUs\":\"0\",\"kubeReservedCgroup\":\"/k\" | can't use reservedSystemCPUs",
        "\"containerLogMaxWorkers\":-1 | must be greater than or equal to 1",
        "\"tlsMinVersion\":\"VersionTLS9\" | unknown tls version \"VersionTLS9\"",
        "\"tlsCipherSuites\":[\"TLS_NONE\"] | Cipher suite TLS_NONE not supported or doesn't exist",
        "\"cpuManagerPolicy\":\"dynamic\" | cpuManagerPolicy: unknown policy: \"dynamic\"",
        "\"cpuManagerPolicy\":\"static\" | the static policy requires systemreserved.cpu +"
            + " kubereserved.cpu to be greater than zero",
        "\"cpuManagerPolicyOptions\":{\"full-pcpus-only\":\"true\"} | cpuManagerPolicyOptions are"
            + " for cpuManagerPolicy static",
        "\"cpuManagerPolicy\":\"static\",\"reservedSystemCPUs\":\"0\",\"cpuManagerPolicyOptions\":{\"align-by-socket\":\"true\"}"
            + " | \"align-by-socket\" is not supported by this kubelet",
        "\"cpuManagerPolicy\":\"static\",\"reservedSystemCPUs\":\"0\",\"cpuManagerPolicyOptions\":"
            + "{\"distribute-cpus-across-numa\":\"true\",\"prefer-align-cpus-by-uncorecache\":\"true\"}"
            + " | static policy options prefer-align-cpus-by-uncorecache and"
            + " distribute-cpus-across-numa can not be used at the same time",
        "\"cpuManagerPolicy\":\"static\",\"reservedSystemCPUs\":\"0\",\"cpuManagerPolicyOptions\":"
            + "{\"full-pcpus-only\":\"yes\"} | bad value for option \"full-pcpus-only\"",
        "\"topologyManagerPolicy\":\"strict\" | topologyManagerPolicy: unknown policy: \"strict\"; it"
            + " must be one of none, best-effort, restricted, single-numa-node",
        "\"topologyManagerScope\":\"node\" | topologyManagerScope: unknown scope: \"node\"",
        "\"topologyManagerPolicyOptions\":{\"nearest\":\"true\"} | unknown Topology Manager Policy"
            + " option: \"nearest\"",
        "\"topologyManagerPolicyOptions\":{\"prefer-closest-numa-nodes\":\"yes\"} | bad value for"
            + " option \"prefer-closest-numa-nodes\"",
        "\"topologyManagerPolicyOptions\":{\"max-allowable-numa-nodes\":\"x\"} | unable to convert"
            + " policy option to integer \"max-allowable-numa-nodes\"",
        "\"topologyManagerPolicyOptions\":{\"max-allowable-numa-nodes\":\"7\"} | the minimum value of"
            + " \"max-allowable-numa-nodes\" should not be less than 8",
        "\"topologyManagerPolicyOptions\":{\"max-allowable-numa-nodes\":\"17\"} | no more than 16",
        "\"memoryManagerPolicy\":\"static\" | memoryManagerPolicy: unknown policy: \"static\"",
        "\"reservedMemory\":[{\"numaNode\":1,\"limits\":{\"cpu\":\"1\"}}] | the limit type \"cpu\" for"
            + " NUMA node 1 is not supported, only [memory hugepages-<HugePageSize>] is accepted",
        "\"reservedMemory\":[{\"limits\":{\"memory\":\"0\"}}] | reserved memory may not be zero for"
            + " NUMA node 0 and resource \"memory\"",
        "\"reservedMemory\":[{\"limits\":{\"memory\":\"1\"}},{\"limits\":{\"memory\":\"1\"}}] | the"
            + " reserved memory has a duplicate value for NUMA node 0 and resource \"memory\"",
        "\"evictionhard\":{} | unknown field \"evictionhard\"",
      })
  void whatCannotBeIsRefusedInWords(String fields, String why) {
    assertThatThrownBy(() -> parse(fields))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "",
      value = {
        "kernel.shm_rmid_forced | {} | ",
        "net/ipv4/tcp_syncookies | {} | ",
        "net.ipv4.tcp_syncookies | {\"hostNetwork\":true} | \"net.ipv4.tcp_syncookies\" not allowed"
            + " with host Net enabled",
        "kernel.msgmax | {} | ",
        "kernel.msgmax | {\"hostIPC\":true} | \"kernel.msgmax\" not allowed with host IPC enabled",
        "kernel.sem | {} | \"kernel.sem\" not allowlisted",
        "vm.swappiness | {} | \"vm.swappiness\" not allowlisted",
        "net.ipv4.conf.eth0/5.rp_filter | {} | \"net.ipv4.conf.eth0/5.rp_filter\" not allowlisted",
      })
  void podsSetSafeSysctlsAndThoseThatAreAllowed(String name, String spec, String why) {
    Sysctls sysctls = parse("\"allowedUnsafeSysctls\":[\"kernel.msg*\"]").pods().sysctls();
    assertThat(sysctls.unsafe()).containsExactly("kernel.msg*");
    ObjectNode pod = Json.parseObject(spec.getBytes());
    pod.putObject("securityContext")
        .putArray("sysctls")
        .addObject()
        .put("name", name)
        .put("value", "1");
    assertThat(sysctls.refusal(pod).orElse(null))
        .isEqualTo(why == null ? null : "forbidden sysctl: " + why);
  }

  @Test
  void thePolicyOfImagesSaysForWhichAPodShowsThatItMayPullThem() {
    PullVerification preloaded = KubeletConfiguration.DEFAULT.images().verification();
    assertThat(preloaded.isNeeded("a.b/c", true)).isTrue();
    assertThat(preloaded.isNeeded("a.b/c", false)).isFalse();
    PullVerification listed =
        parse(
                """
                "imagePullCredentialsVerificationPolicy":"NeverVerifyAllowlistedImages",
                "preloadedImagesVerificationAllowlist":
                  ["a.b/*","c.d/e","alpine","team/app","mirror/*","localhost/x"]
                """)
            .images()
            .verification();
    assertThat(listed.isNeeded("a.b/x/y", true)).isFalse();
    assertThat(listed.isNeeded("a.bc/x", false)).isTrue();
    assertThat(listed.isNeeded("c.d/e", true)).isFalse();
    assertThat(listed.isNeeded("c.d/e/f", true)).isTrue();
    assertThat(listed.isNeeded("docker.io/library/alpine", true)).isFalse();
    assertThat(listed.isNeeded("docker.io/team/app", true)).isFalse();
    assertThat(listed.isNeeded("docker.io/mirror/app", true)).isFalse();
    assertThat(listed.isNeeded("localhost/x", true)).isFalse();
    assertThat(listed.isNeeded("docker.io/library/team", true)).isTrue();
    assertThat(
            parse("\"imagePullCredentialsVerificationPolicy\":\"AlwaysVerify\"")
                .images()
                .verification()
                .isNeeded("a.b/c", false))
        .isTrue();
    assertThat(
            parse("\"imagePullCredentialsVerificationPolicy\":\"NeverVerify\"")
                .images()
                .verification()
                .isNeeded("a.b/c", true))
        .isFalse();
  }

  @Test
  void whatIsForcedIsChosen() {
    assertThat(KubeletConfiguration.DEFAULT.reservations().enforced())
        .containsExactly(NodeReservations.Enforcement.PODS);
    assertThat(parse("\"enforceNodeAllocatable\":[\"none\"]").reservations().enforced()).isEmpty();
    assertThat(
            parse(
                    """
                    "enforceNodeAllocatable":["pods","system-reserved"],"systemReservedCgroup":"/system"
                    """)
                .reservations()
                .enforced())
        .containsExactlyInAnyOrder(
            NodeReservations.Enforcement.PODS, NodeReservations.Enforcement.SYSTEM);
  }

  @Test
  void manifestsMayBeSomewhere() {
    assertThat(parse("\"staticPodPath\":\"/etc/manifests\"").staticPodPath())
        .contains(Path.of("/etc/manifests"));
    assertThat(parse("\"staticPodPath\":\"\"").staticPodPath()).isEmpty();
  }

  @Test
  void manifestsMayComeFromAWebServer() {
    StaticPodUrl url =
        parse(
                "\"staticPodURL\":\"http://h/pods\",\"staticPodURLHeader\":{\"X-Key\":[\"secret\"]},"
                    + "\"httpCheckFrequency\":\"1m\"")
            .staticPodUrl()
            .orElseThrow();
    assertThat(url.url()).hasToString("http://h/pods");
    assertThat(url.headers()).containsEntry("X-Key", List.of("secret"));
    assertThat(url.every()).isEqualTo(Duration.ofMinutes(1));
    assertThat(url.toString()).contains("X-Key").doesNotContain("secret");
    assertThat(parse("\"httpCheckFrequency\":\"1m\"").staticPodUrl()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"staticPodURL\":\"/etc/pods\" | invalid configuration: staticPodURL:",
        "\"staticPodURL\":\"ftp://h/pods\" | invalid configuration: staticPodURL:",
        "\"staticPodURL\":\"http://h\",\"staticPodURLHeader\":{\"Host:\":[\"secret\"]} | the header"
            + " \"Host:\" cannot be sent",
        "\"staticPodURL\":\"http://h\",\"httpCheckFrequency\":\"1ms\" | httpCheckFrequency must be at"
            + " least 10ms",
      })
  void aServerThatCannotBeAskedIsRefused(String fields, String why) {
    assertThatThrownBy(() -> parse(fields))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why)
        .hasMessageNotContaining("secret");
  }

  @Test
  void tlsMayBeNarrowed() {
    TlsChoice chosen =
        parse(
                """
                "tlsMinVersion":"VersionTLS13",
                "tlsCipherSuites":["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]
                """)
            .serving()
            .tls();
    assertThat(chosen.protocols()).containsExactly("TLSv1.3");
    assertThat(chosen.offered()).contains("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    assertThat(parse("\"tlsMinVersion\":\"VersionTLS12\"").serving().tls())
        .isEqualTo(TlsChoice.DEFAULT);
  }

  /** It is the most there may be, and one is no more than that. */
  @Test
  void moreWorkersMayRotateLogs() {
    parse("\"containerLogMaxWorkers\":4");
  }

  @Test
  void theKernelsSettingsAreLookedAtWhereTheyAreProtected() {
    Optional<String> problem = KernelDefaults.problem(Path.of("/proc/sys"));
    if (problem.isPresent()) {
      assertThatThrownBy(() -> parse("\"protectKernelDefaults\":true"))
          .hasMessageContaining(problem.get());
    } else {
      parse("\"protectKernelDefaults\":true");
    }
  }

  /** As upstream's default is from 1.35 on, which files written by tools say. */
  @Test
  void aNodeOnCgroupV1StartsUnlessThatIsToFail() throws IOException {
    parse("\"failCgroupV1\":false");
    boolean isV1 =
        Files.readAllLines(Path.of("/proc/self/mounts")).stream()
            .anyMatch(line -> line.contains(" cgroup ") && !line.contains("name="));
    if (isV1) {
      assertThatThrownBy(() -> parse("\"failCgroupV1\":true"))
          .hasMessageContaining("kubelet is configured to not run on a host using cgroup v1");
    } else {
      parse("\"failCgroupV1\":true");
    }
  }
}
