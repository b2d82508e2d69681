package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a Pod's security contexts and of the profiles in its annotations. */
class PodSecurityWordsTest {

  private static final Judge PODS = Judge.of("", "pods");
  private static final Judge DEPLOYMENTS = Judge.of("apps", "deployments");
  private static final String POD =
      "{'metadata':{'name':'p','namespace':'d','annotations':{}},"
          + "'spec':{'securityContext':{},'containers':[{'name':'c','image':'i',"
          + "'securityContext':{}}]}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          seccompProfile={} | seccompProfile.type: Required value: type is required when seccompProfile is set
          seccompProfile={'type':'X'} | seccompProfile.type: Unsupported value: "X": supported values: "Localhost", "RuntimeDefault", "Unconfined"
          seccompProfile={'type':'Localhost'} | seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost
          seccompProfile={'type':'Localhost','localhostProfile':'a/../b'} | seccompProfile.localhostProfile: Invalid value: "a/../b": must not contain '..'
          seccompProfile={'type':'Unconfined','localhostProfile':'a'} | seccompProfile.localhostProfile: Invalid value: {"Type":"Unconfined","LocalhostProfile":"a"}: can only be set when seccomp type is Localhost
          appArmorProfile={} | appArmorProfile.type: Required value: type is required when appArmorProfile is set
          appArmorProfile={'type':'Localhost','localhostProfile':' a'} | appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace
          appArmorProfile={'type':'Localhost'} | appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost
          appArmorProfile={'type':'RuntimeDefault','localhostProfile':'a'} | appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost
          """)
  void profiles(String edit, String words) {
    for (String context : List.of("spec.securityContext", "spec.containers[0].securityContext")) {
      String path = "/" + context.replace("[0]", "/0").replace('.', '/') + "/";
      assertThat(PODS.create(POD, path + edit)).containsExactly(context + "." + words);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /spec/securityContext/fsGroupChangePolicy='X' | spec.securityContext.fsGroupChangePolicy: Unsupported value: "X": supported values: "Always", "OnRootMismatch"
          /spec/securityContext/supplementalGroupsPolicy='X' | spec.securityContext.supplementalGroupsPolicy: Unsupported value: "X": supported values: "Merge", "Strict"
          /spec/securityContext/seLinuxChangePolicy='X' | spec.securityContext.seLinuxChangePolicy: Unsupported value: "X": supported values: "MountOption", "Recursive"
          /spec/shareProcessNamespace=true;;/spec/hostPID=true | spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled
          /spec/securityContext/sysctls=[{'name':'net.core.somaxconn','value':'1'}];;/spec/hostNetwork=true | spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when 'hostNetwork' is true
          /spec/securityContext/sysctls=[{'name':'kernel/shmmax','value':'1'}];;/spec/hostIPC=true | spec.securityContext.sysctls[0].name: Invalid value: "kernel/shmmax": may not be specified when 'hostIPC' is true
          /spec/containers/0/securityContext/procMount='X' | spec.containers[0].securityContext.procMount: Unsupported value: "X": supported values: "Default", "Unmasked"
          /spec/containers/0/securityContext/procMount='Unmasked' | spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`
          /metadata/annotations/seccomp.security.alpha.kubernetes.io~1pod='x' | metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "x": must be a valid seccomp profile
          /metadata/annotations/container.apparmor.security.beta.kubernetes.io~1z='unconfined' | metadata.annotations[container.apparmor.security.beta.kubernetes.io/z]: Invalid value: "z": container not found
          /metadata/annotations/container.apparmor.security.beta.kubernetes.io~1c='x' | metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: Invalid value: "x": invalid AppArmor profile name: "x"
          /metadata/annotations/seccomp.security.alpha.kubernetes.io~1pod='unconfined';;/spec/securityContext/seccompProfile={'type':'RuntimeDefault'} | spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match
          /metadata/annotations/container.apparmor.security.beta.kubernetes.io~1c='localhost/a';;/spec/securityContext/appArmorProfile={'type':'Localhost','localhostProfile':'b'} | spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match
          """)
  void ofAWholePod(String edits, String words) {
    assertThat(PODS.create(POD, edits)).containsExactly(words);
  }

  @Test
  void goodOnesAreLeftAlone() {
    assertThat(
            PODS.create(
                POD,
                "/metadata/annotations/container.seccomp.security.alpha.kubernetes.io~1c="
                    + "'docker/default';;"
                    + "/spec/containers/0/securityContext="
                    + "{'seccompProfile':{'type':'RuntimeDefault'},'procMount':'Unmasked'};;"
                    + "/spec/hostUsers=false;;"
                    + "/spec/securityContext={'sysctls':[{'name':'net.core.somaxconn','value':'1'}],"
                    + "'fsGroupChangePolicy':'OnRootMismatch','appArmorProfile':"
                    + "{'type':'Localhost','localhostProfile':'k8s-a'}}"))
        .isEmpty();
  }

  @Test
  void templatesAreHeldToTheSame() {
    assertThat(
            DEPLOYMENTS.create(
                "{'metadata':{'name':'d','namespace':'d'},'spec':{'selector':{'matchLabels':"
                    + "{'a':'b'}},'template':{'metadata':{'labels':{'a':'b'}},'spec':"
                    + "{'securityContext':{'seccompProfile':{'type':'X'}},"
                    + "'containers':[{'name':'c','image':' i'}]}}}}"))
        .containsExactly(
            "spec.template.spec.securityContext.seccompProfile.type: Unsupported value: \"X\":"
                + " supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"");
  }

  /** A Pod of a time when nobody looked can still be labelled, and not be made worse. */
  @Test
  void whatAPodHadBeforeTheRulesMayStay() {
    String bad = "/spec/securityContext/seccompProfile={'type':'X'}";
    assertThat(PODS.change(POD, bad, "/metadata/labels={'a':'b'}", "")).isEmpty();
    assertThat(PODS.change(POD, bad, "/spec/containers/0/image=' i'", ""))
        .containsExactly(
            "spec.containers[0].image: Invalid value: \" i\": must not have leading or trailing"
                + " whitespace");
  }
}
