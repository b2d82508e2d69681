package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatefulSetRulesTest {

  private static final Judge JUDGE = Judge.of("apps", "statefulsets");
  private static final String SET =
      """
      {'metadata':{'name':'web','namespace':'d'},
       'spec':{'serviceName':'s','selector':{'matchLabels':{'a':'b'}},
        'template':{'metadata':{'labels':{'a':'b'}},
         'spec':{'containers':[{'name':'c','image':'i'}]}}}}\
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/podManagementPolicy='X' | spec.podManagementPolicy: Invalid value: \"X\": must be"
            + " 'OrderedReady' or 'Parallel'",
        "/spec/updateStrategy={'type':'X'} | spec.updateStrategy: Invalid value:"
            + " {\"Type\":\"X\",\"RollingUpdate\":null}: must be 'RollingUpdate' or 'OnDelete'",
        "/spec/updateStrategy={'type':'OnDelete','rollingUpdate':{'partition':1}} |"
            + " spec.updateStrategy.rollingUpdate: Invalid value:"
            + " {\"Partition\":1,\"MaxUnavailable\":null}: only allowed for updateStrategy"
            + " 'RollingUpdate'",
        "/spec/updateStrategy={'rollingUpdate':{'partition':-1,'maxUnavailable':0}} |"
            + " spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater"
            + " than or equal to 0;;spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid"
            + " value: 0: cannot be 0",
        "/spec/updateStrategy={'rollingUpdate':{'maxUnavailable':'101%'}} |"
            + " spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not"
            + " be greater than 100%",
        "/spec/persistentVolumeClaimRetentionPolicy={'whenScaled':'X'} |"
            + " spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: \"X\":"
            + " supported values: \"Retain\", \"Delete\"",
        "/spec/volumeClaimTemplates=[{'metadata':{'name':'d'},'spec':{}}] |"
            + " spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access"
            + " mode is required;;spec.volumeClaimTemplates[0].spec.resources[storage]: Required"
            + " value",
        "/spec/replicas=-1;;/spec/minReadySeconds=-2;;/spec/ordinals={'start':-3} | spec.replicas:"
            + " Invalid value: -1: must be greater than or equal to 0;;spec.minReadySeconds:"
            + " Invalid value: -2: must be greater than or equal to 0;;spec.ordinals.start: Invalid"
            + " value: -3: must be greater than or equal to 0",
        "/spec/serviceName='a.b' | spec.serviceName: Invalid value: \"a.b\": must not contain dots",
        "/metadata/name='a.b' | metadata.name: Invalid value: \"a.b\": must not contain dots",
        "/spec/selector={} | spec.selector: Invalid value: {}: empty selector is invalid for"
            + " statefulset",
        "/spec/selector={'matchExpressions':[{'key':'a','operator':'In'}]} |"
            + " spec.selector.matchExpressions[0].values: Required value: must be specified when"
            + " `operator` is 'In' or 'NotIn';;spec.selector: Invalid value:"
            + " {\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}",
        "/spec/template/spec/restartPolicy='Never';;/spec/template/spec/activeDeadlineSeconds=1 |"
            + " spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values:"
            + " \"Always\";;spec.template.spec.activeDeadlineSeconds: Forbidden:"
            + " activeDeadlineSeconds in StatefulSet is not Supported",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(SET, edits)).containsExactly(expected.split(";;"));
  }

  /** Which Pods have a host and a domain of their own, and volumes of the claims. */
  @Test
  void theTemplateIsLookedAtAsItsPodsWillHaveIt() {
    assertThat(
            JUDGE.create(
                SET, "/spec/template/spec/hostname='A.B';;/spec/template/spec/subdomain='A_B'"))
        .isEmpty();
    assertThat(
            JUDGE.create(
                SET,
                "/spec/volumeClaimTemplates=[{'metadata':{'name':'d'},'spec':{'accessModes':"
                    + "['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}];;"
                    + "/spec/template/spec/volumes=[{'name':'d','hostPath':{'path':''}},"
                    + "{'name':'e','hostPath':{'path':''}}]"))
        .containsExactly("spec.template.spec.volumes[1].hostPath.path: Required value");
  }

  @Test
  void aNegativeHistoryLimitKeepsAll() {
    assertThat(JUDGE.create(SET, "/spec/revisionHistoryLimit=-1")).isEmpty();
  }

  @Test
  void whatWasStoredBeforeARuleWasThereMayBeScaled() {
    List<String> olds =
        List.of(
            "/spec/serviceName='a.b'",
            "/spec/volumeClaimTemplates=[{'metadata':{'name':'d'},'spec':{}}]",
            "/spec/template/spec/containers=[]");
    for (String old : olds) {
      assertThat(JUDGE.create(SET, old)).as(old).isNotEmpty();
      assertThat(JUDGE.change(SET, old, "/spec/replicas=3", "")).as(old).isEmpty();
    }
    assertThat(JUDGE.change(SET, "", "/spec/template/spec/containers=[]", ""))
        .containsExactly("spec.template.spec.containers: Required value");
  }

  @Test
  void whatMayChange() {
    assertThat(
            JUDGE.change(
                SET,
                "",
                "/spec/replicas=2;;/spec/revisionHistoryLimit=3;;/spec/minReadySeconds=4;;"
                    + "/spec/ordinals={'start':5};;/spec/updateStrategy={'type':'OnDelete'};;"
                    + "/spec/persistentVolumeClaimRetentionPolicy={'whenDeleted':'Delete',"
                    + "'whenScaled':'Retain'};;/spec/template/spec/containers/0/image='j'",
                ""))
        .isEmpty();
    for (String edit :
        List.of(
            "/spec/podManagementPolicy='Parallel'",
            "/spec/serviceName='t'",
            "/spec/selector/matchLabels/c='d';;/spec/template/metadata/labels/c='d'")) {
      assertThat(JUDGE.change(SET, "", edit, ""))
          .as(edit)
          .containsExactly(
              "spec: Forbidden: updates to statefulset spec for fields other than 'replicas',"
                  + " 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit',"
                  + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
    }
  }
}
