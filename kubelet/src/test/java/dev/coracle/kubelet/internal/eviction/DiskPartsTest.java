package dev.coracle.kubelet.internal.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.config.EvictionSignal;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Upstream's table of what counts where. */
class DiskPartsTest {

  @ParameterizedTest
  @CsvSource({
    "NODEFS_AVAILABLE,      false, true,  true,  true",
    "IMAGEFS_AVAILABLE,     false, true,  true,  true",
    "NODEFS_INODES_FREE,    true,  true,  false, true",
    "IMAGEFS_INODES_FREE,   true,  true,  true,  false",
    "CONTAINERFS_AVAILABLE, true,  true,  true,  false",
    "NODEFS_AVAILABLE,      true,  false, true,  true",
    "IMAGEFS_AVAILABLE,     true,  false, false, false",
    "CONTAINERFS_AVAILABLE, true,  false, true,  true"
  })
  void onlyWhatLiesThereCounts(
      EvictionSignal signal,
      boolean ownImages,
      boolean layersWithImages,
      boolean layers,
      boolean files) {
    assertThat(DiskParts.of(signal, ownImages, layersWithImages))
        .isEqualTo(new DiskParts(layers, files));
  }
}
