package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PersistentVolumeRulesTest {

  private static final Judge JUDGE = Judge.of("", "persistentvolumes");
  private static final String VOLUME =
      """
      {'metadata':{'name':'v'},
       'spec':{'accessModes':['ReadWriteOnce'],'capacity':{'storage':'2Gi'}}}\
      """;
  private static final String CSI = "/spec/csi={'driver':'d.io','volumeHandle':'h'}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec={} | spec.accessModes: Required value;;spec.capacity: Required"
            + " value;;spec.capacity: Unsupported value: null: supported values:"
            + " \"storage\";;spec: Required value: must specify a volume type",
        "/spec/capacity={'storage':'-1'};;/spec/hostPath={'path':'/x'} | spec.capacity[storage]:"
            + " Invalid value: -1: must be a valid resource quantity;;spec.capacity[storage]:"
            + " Invalid value: \"-1\": must be greater than zero",
        "/spec/hostPath={'path':'/../x','type':'X'} | spec.hostPath.path: Invalid value:"
            + " \"/../x\": must not contain '..';;spec.hostPath.type: Unsupported value: \"X\":"
            + " supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\","
            + " \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"",
        "/spec/hostPath={'path':'//'};;/spec/persistentVolumeReclaimPolicy='Recycle' |"
            + " spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath"
            + " mount of '/'",
        "/spec/nfs={'server':'s','path':'x'};;/spec/hostPath={'path':'/x'} | spec.nfs: Forbidden:"
            + " may not specify more than 1 volume type",
        "/spec/nfs={'path':'x'} | spec.nfs.server: Required value;;spec.nfs.path: Invalid value:"
            + " \"x\": must be an absolute path",
        "/spec/gcePersistentDisk={'partition':256} | spec.persistentDisk.pdName: Required"
            + " value;;spec.persistentDisk.partition: Invalid value: 256: must be between 1 and"
            + " 255, inclusive",
        "/spec/iscsi={'targetPortal':'p','iqn':'x','lun':256,'chapAuthSession':true} |"
            + " spec.iscsi.iqn: Invalid value: \"x\": must be valid format"
            + ";;spec.iscsi.lun: Invalid value: 256: must be between 0 and 255,"
            + " inclusive;;spec.iscsi.secretRef: Required value",
        "/spec/fc={'targetWWNs':['a']} | spec.fc.lun: Required value: lun is required if targetWWNs"
            + " is specified",
        "/spec/csi={'driver':'D_','controllerPublishSecretRef':{'name':'n'}} | spec.csi.driver:"
            + " Invalid value: \"D_\": a lowercase RFC 1123 subdomain must consist of lower case"
            + " alphanumeric characters, '-' or '.', and must start and end with an alphanumeric"
            + " character (e.g. 'example.com', regex used for validation is"
            + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*');;spec.csi.volumeHandle:"
            + " Required value;;spec.csi.controllerPublishSecretRef.namespace: Required value",
        "/spec/hostPath={'path':'/x'};;/spec/volumeAttributesClassName='' |"
            + " spec.volumeAttributesClassName: Required value: an empty string is"
            + " disallowed;;spec.csi: Required value: has to be specified when using"
            + " volumeAttributesClassName",
        "/spec/local={'path':'/x'};;/spec/nodeAffinity={} | spec.nodeAffinity.required: Required"
            + " value: must specify required node constraints",
        "/spec/hostPath={'path':'/x'};;/spec/nodeAffinity={'required':{'nodeSelectorTerms':["
            + "{'matchFields':[{'key':'metadata.name','operator':'Exists'}]}]}} |"
            + " spec.nodeAffinity.required.nodeSelectorTerms[0].matchFields[0].operator: Invalid"
            + " value: \"Exists\": not a valid selector operator",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(VOLUME, edits)).containsExactly(expected.split(";;"));
  }

  private static String zone(String value) {
    return "/spec/nodeAffinity={'required':{'nodeSelectorTerms':[{'matchExpressions':["
        + "{'key':'z','operator':'In','values':['"
        + value
        + "']}]}]}}";
  }

  @Test
  void valuesOfLabelsAreLookedAtWhereTheyWereGood() {
    String bad = CSI + ";;" + zone("-1");
    assertThat(JUDGE.create(VOLUME, bad)).hasSize(1);
    assertThat(JUDGE.change(VOLUME, bad, "/metadata/labels={'a':'b'}", "")).isEmpty();
    assertThat(JUDGE.change(VOLUME, CSI, zone("-1"), "")).hasSize(1);
  }

  @Test
  void whatMayChange() {
    assertThat(
            JUDGE.change(
                VOLUME,
                CSI,
                "/spec/csi/controllerExpandSecretRef={'name':'n','namespace':'d'};;"
                    + "/spec/persistentVolumeReclaimPolicy='Retain';;/spec/capacity/storage='3Gi';;"
                    + zone("a"),
                ""))
        .isEmpty();
    assertThat(JUDGE.change(VOLUME, CSI, "/spec/csi/volumeHandle='i'", ""))
        .singleElement()
        .asString()
        .startsWith(
            "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after"
                + " creation\n");
    assertThat(JUDGE.change(VOLUME, CSI, "/spec/volumeMode='Block'", ""))
        .containsExactly("volumeMode: Invalid value: \"Block\": field is immutable");
    assertThat(JUDGE.change(VOLUME, CSI + ";;" + zone("a"), "/spec/nodeAffinity-", ""))
        .containsExactly(
            "nodeAffinity: Invalid value: null: field is immutable, except for updating from beta"
                + " label to GA");
    String attributes = CSI + ";;/spec/volumeAttributesClassName='gold'";
    assertThat(JUDGE.change(VOLUME, attributes, "/spec/volumeAttributesClassName-", ""))
        .containsExactly(
            "spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is"
                + " forbidden");
  }
}
