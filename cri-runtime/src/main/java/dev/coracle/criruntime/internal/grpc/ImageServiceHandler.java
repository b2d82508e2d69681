package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.FilesystemIdentifier;
import dev.coracle.cri.v1.FilesystemUsage;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.ImageFsInfoRequest;
import dev.coracle.cri.v1.ImageFsInfoResponse;
import dev.coracle.cri.v1.ImageServiceGrpcService;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.ImageStatusRequest;
import dev.coracle.cri.v1.ImageStatusResponse;
import dev.coracle.cri.v1.ListImagesRequest;
import dev.coracle.cri.v1.ListImagesResponse;
import dev.coracle.cri.v1.PullImageRequest;
import dev.coracle.cri.v1.PullImageResponse;
import dev.coracle.cri.v1.RemoveImageRequest;
import dev.coracle.cri.v1.RemoveImageResponse;
import dev.coracle.cri.v1.StreamImagesRequest;
import dev.coracle.cri.v1.StreamImagesResponse;
import dev.coracle.cri.v1.UInt64Value;
import dev.coracle.criruntime.RegistryAuth;
import dev.coracle.criruntime.StoredImage;
import dev.coracle.criruntime.internal.image.Images;
import dev.coracle.criruntime.internal.image.LayerStore;
import dev.coracle.criruntime.internal.image.Puller;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.ImageUser;
import dev.coracle.criruntime.server.Streams;
import dev.coracle.criruntime.server.Times;
import io.vertx.core.Future;
import io.vertx.core.streams.WriteStream;
import java.io.IOException;
import java.util.List;

/** CRI's ImageService. */
public final class ImageServiceHandler extends ImageServiceGrpcService {
  private final Calls calls;
  private final Images images;
  private final Puller puller;

  public ImageServiceHandler(Calls calls, Images images, Puller puller) {
    this.calls = calls;
    this.images = images;
    this.puller = puller;
  }

  private List<Image> list(ImageSpec filter) throws IOException {
    List<StoredImage> found =
        filter.getImage().isEmpty()
            ? images.list()
            : images.find(filter.getImage()).stream().toList();
    return found.stream().map(ImageServiceHandler::toProto).toList();
  }

  private static Image toProto(StoredImage image) {
    Image.Builder b =
        Image.newBuilder()
            .setId(image.id())
            .addAllRepoTags(image.tags())
            .addAllRepoDigests(image.digests())
            .setSize(image.size())
            .setSpec(ImageSpec.newBuilder().setImage(image.id()));
    ImageUser.set(b, image.config().user());
    return b.build();
  }

  @Override
  public Future<ListImagesResponse> listImages(ListImagesRequest request) {
    return calls.run(
        "ListImages",
        () ->
            ListImagesResponse.newBuilder()
                .addAllImages(list(request.getFilter().getImage()))
                .build());
  }

  @Override
  protected void streamImages(
      StreamImagesRequest request, WriteStream<StreamImagesResponse> response) {
    Streams.each(
        calls.run("StreamImages", () -> list(request.getFilter().getImage())),
        response,
        part -> StreamImagesResponse.newBuilder().addAllImages(part).build());
  }

  @Override
  public Future<ImageStatusResponse> imageStatus(ImageStatusRequest request) {
    return calls.run(
        "ImageStatus",
        () -> {
          ImageStatusResponse.Builder b = ImageStatusResponse.newBuilder();
          images.find(request.getImage().getImage()).ifPresent(image -> b.setImage(toProto(image)));
          return b.build();
        });
  }

  @Override
  public Future<PullImageResponse> pullImage(PullImageRequest request) {
    return calls.run(
        "PullImage",
        () ->
            PullImageResponse.newBuilder()
                .setImageRef(
                    puller
                        .pull(request.getImage().getImage(), RegistryAuth.of(request.getAuth()))
                        .id())
                .build());
  }

  @Override
  public Future<RemoveImageResponse> removeImage(RemoveImageRequest request) {
    return calls.run(
        "RemoveImage",
        () -> {
          images.remove(request.getImage().getImage());
          return RemoveImageResponse.getDefaultInstance();
        });
  }

  @Override
  public Future<ImageFsInfoResponse> imageFsInfo(ImageFsInfoRequest request) {
    return calls.run(
        "ImageFsInfo",
        () -> {
          LayerStore.Size size = images.usage();
          FilesystemUsage.Builder usage =
              FilesystemUsage.newBuilder()
                  .setTimestamp(Times.now())
                  .setFsId(
                      FilesystemIdentifier.newBuilder()
                          .setMountpoint(images.directory().toString()))
                  .setUsedBytes(UInt64Value.newBuilder().setValue(size.bytes()));
          size.files().ifPresent(n -> usage.setInodesUsed(UInt64Value.newBuilder().setValue(n)));
          return ImageFsInfoResponse.newBuilder().addImageFilesystems(usage).build();
        });
  }
}
