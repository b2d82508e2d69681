package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(OwnServer.class)
class StorageProtectionTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /api/v1/persistentvolumes | kubernetes.io/pv-protection | capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}
          /api/v1/namespaces/default/persistentvolumeclaims | kubernetes.io/pvc-protection | accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}
          /apis/storage.k8s.io/v1/volumeattributesclasses | kubernetes.io/vac-protection |
          """)
  void whatIsUsedIsKeptByAFinalizer(String path, String finalizer, String spec, TestApi api) {
    String body =
        spec == null ? "driverName: d.example.com, parameters: {iops: a}" : "spec: {" + spec + "}";
    assertThat(
            api.post(path, "{metadata: {name: x, finalizers: [own.example.com/f]}, " + body + "}")
                .ok()
                .body()
                .at("/metadata/finalizers"))
        .extracting(f -> f.asText())
        .containsExactly("own.example.com/f", finalizer);
  }
}
