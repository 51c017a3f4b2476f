// Fits illumination profiles to a scan of tiles, an OME-TIFF of a series for each field: one page a channel, for ASHLAR.
process ISOLUX_FIT {
    tag "${meta.id}"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "isolux:0.1.0"

    input:
    tuple val(meta), path(image)

    output:
    tuple val(meta), path("*-dfp.tif"), path("*-ffp.tif"), emit: profiles
    path "versions.yml", emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    isolux fit ${image} --output ${prefix}-ffp.tif --max-workers ${task.cpus} ${args}

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        isolux: \$(isolux --version)
    END_VERSIONS
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}-ffp.tif ${prefix}-dfp.tif

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        isolux: \$(isolux --version)
    END_VERSIONS
    """
}
