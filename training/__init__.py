"""From labels and point-in-time features to a registered model, honestly compared with the rule it has to beat.

    specs      what is predicted from what, judged how      (light: serving and orchestration import it)
    values     what passes between steps                    (light)
    labels     → dataset → fit, study → candidates → promotion
    evaluation metrics, intervals, plots      export  the ONNX program      tracking  MLflow

Dagster stays out; MLflow is `tracking` and `promotion` only, Optuna `study` only, Lightning `modules`, `datamodules`, `fit` and
`study` only. Torch, Lightning, MLflow and Feast take seconds to import: whoever lists these modules imports them in functions."""
